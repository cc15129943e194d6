"""Columns a person names on the command line: ``--column code="Мой номер"``."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from saudager.errors import Rejected

if TYPE_CHECKING:
    from saudager.importing.headings import Layout


def named(chosen: Iterable[str], found: Sequence[str], layout: "Layout") -> dict[str, int]:
    """The columns of ``found`` headings by our fields: those we know, and those that were named. Raises Rejected."""
    from saudager.importing import headings

    fields = [field.name for field in layout.fields]
    columns = dict(headings.recognise(found, layout).of)
    for one in chosen:
        field, _, heading = one.partition("=")
        if field not in fields:
            raise Rejected(f"--column holds {one!r}: expected FIELD=HEADING with a field of {', '.join(fields)}")
        if heading not in found:
            raise Rejected(f"--column holds {one!r}: expected a heading of the file, one of {', '.join(found)}")
        columns[field] = found.index(heading)
    return columns
