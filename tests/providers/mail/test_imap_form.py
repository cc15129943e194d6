"""What may be entered to have a mailbox read."""

import pytest

from saudager import forms
from saudager.providers.mail.imap import Config


@pytest.mark.parametrize(
    ("host", "security", "wrong"),
    [
        ("imap.yandex.ru", "none", {"security"}),
        ("10.0.0.7", "none", {"security"}),
        ("127.0.0.1", "none", set()),
        ("localhost", "none", set()),
        ("dovecot", "none", set()),
        ("imap.yandex.ru", "tls", set()),
    ],
)
def test_a_password_leaves_this_machine_encrypted_only(host: str, security: str, wrong: set[str]):
    entered = {"host": host, "user": "shop", "password": "secret", "security": security}
    assert forms.problems(Config, entered).keys() == wrong
