"""What a restored copy must not do by itself, because it may have been done since the copy was taken."""

from sqlalchemy import Connection

from saudager.backups.archive import Manifest
from saudager.backups.parts import Part
from saudager.db import migrate


def hold_back(connection: Connection, part: Part, manifest: Manifest) -> None:
    for tree in (migrate.QUEUES, *part.trees):
        migrate.move(connection, tree)
