"""A Dovecot of the test's own: a real mail server to read mailboxes from, gone with the test."""

import grp
import imaplib
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imap_tools.imap_utf7 import utf7_encode

from tests import servers

USER, PASSWORD = "shop@example.kz", "correct-horse"

_CONFIG = """
base_dir = {sockets}
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{letters}/%u
first_valid_uid = 0
first_valid_gid = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={letters}/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "Отправленные" {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
_WITHOUT_ROOT = """
default_login_user = {name}
default_internal_user = {name}
default_internal_group = {group}
service imap-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class MailServer:
    """Its port on this machine, and what the owner of the mailbox does there with his own mail program."""

    port: int

    def deliver(self, *letters: bytes, folder: str = "INBOX", user: str = USER) -> None:
        """Lay letters into a folder, unread."""
        with self._owner(user) as box:
            for letter in letters:
                assert box.append(_encoded(folder), "", "", letter)[0] == "OK"  # type: ignore[arg-type]

    def unread(self, folder: str = "INBOX") -> int:
        """How many letters of the folder nobody has opened."""
        with self._owner(USER) as box:
            box.select(_encoded(folder), readonly=True)
            return len(box.search(None, "UNSEEN")[1][0].split())

    def delete(self, number: int) -> None:
        """Remove a letter of INBOX by its place."""
        with self._owner(USER) as box:
            box.select("INBOX")
            box.store(str(number), "+FLAGS", "\\Deleted")
            box.expunge()

    @contextmanager
    def _owner(self, user: str) -> Iterator[imaplib.IMAP4]:
        box = imaplib.IMAP4("127.0.0.1", self.port)
        try:
            box.login(user, PASSWORD)
            yield box
        finally:
            box.logout()


def _encoded(folder: str) -> str:
    return f'"{utf7_encode(folder).decode()}"'


@contextmanager
def dovecot(home: Path, *, port: int | None = None) -> Iterator[MailServer]:
    """A running server; tests are left out where Dovecot is not installed."""
    program, port = servers.program("dovecot", "/usr/sbin"), port or servers.free_port()
    us = pwd.getpwuid(os.getuid())
    owner = us if us.pw_uid else pwd.getpwnam("nobody")  # no mailbox is root's
    (home / "state").mkdir(parents=True)
    # a socket's path has at most 107 bytes, and the folder of a test may have nearly as many
    with tempfile.TemporaryDirectory() as letters, tempfile.TemporaryDirectory() as sockets:
        os.chown(letters, owner.pw_uid, owner.pw_gid)
        told = {"home": home, "sockets": sockets, "letters": letters, "port": port, "password": PASSWORD}
        names = {"uid": owner.pw_uid, "gid": owner.pw_gid, "name": us.pw_name, "group": grp.getgrgid(us.pw_gid).gr_name}
        config = home / "dovecot.conf"
        written = _CONFIG if us.pw_uid == 0 else _CONFIG + _WITHOUT_ROOT
        config.write_text(written.format(**told, **names), encoding="utf-8")
        with servers.running([program, "-F", "-c", str(config)], port):
            yield MailServer(port)
