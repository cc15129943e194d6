"""Nothing that is committed is a secret, a place of one machine, or a number somebody may have."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


SECRETS = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # Amazon
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,}"  # Google
    r"|\bsk-[\w-]{20,}"  # OpenAI, OpenRouter, Anthropic
    r"|\bhf_[A-Za-z0-9]{30,}"  # Hugging Face
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{30,}|\bglpat-[\w-]{20}"  # GitHub, GitLab
    r"|\bpypi-AgEI[\w-]{20,}|\bnpm_[A-Za-z0-9]{36}"  # registries
    r"|\bxox[abeprs]-[\w-]{10,}|\b\d{8,10}:AA[\w-]{33}"  # Slack, Telegram
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bre_[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"  # SendGrid, Resend
    r"|\bEAA[A-Za-z0-9]{40,}"  # Meta
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."  # JSON Web Tokens: Kommo
    r"|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
    r"|://[\w.-]+:[^/\s@\"'<>{}*\\]+@(?!host\b|127\.0\.0\.1|localhost|address\b|192\.0\.2\.|[\w.-]*\.example\b)[\w.-]+",
    re.ASCII,
)
NOT_SECRET = {"sk-console-secret-0123456789", "sk-wrong-secret-0123456789"}
"""Keys of tests, which look like one to try how such a one is kept."""
PLACES = re.compile(
    r"(?<![\w.~/-])/(?:root|home/\w+|Users/\w+|work)/[\w.-]+|https?://(?!pypi\.org)[\w.:-]+/(?:[\w/-]+/)?simple/"
)
NUMBER = re.compile(r"(?<![\w.,/+-])(?:\+7|[78])[ (-]{0,2}(7\d\d)[ )-]{0,2}(\d{3})[ -]?(\d\d)[ -]?(\d\d)(?![\w-])")
MADE_UP = re.compile(r"(\d)\1\1|23456|(\d\d)\2\2")
"""In the seven digits after the code of a network, as nobody keeps a range of Kazakhstan's numbers for examples."""
GIVEN = {"77018855588", "77088098009", "77752837306"}
"""Of the whitelist the product was asked to ship with."""
UNREAD = (":!*.lock", ":!*.min.js", ":!*.tsv")


def test_nothing_private_is_committed() -> None:
    alike = [part for pattern in (SECRETS, PLACES, NUMBER) for part in ("-e", pattern.pattern)]
    named = subprocess.run(["git", "grep", "-IlzP", *alike, "--", *UNREAD], cwd=ROOT, capture_output=True, text=True)
    assert named.returncode == 0, named.stderr
    found = [
        f"{name}: {told}"
        for name in named.stdout.split("\0")[:-1]
        for told in private((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def private(text: str) -> list[str]:
    numbers = {"7" + "".join(match.groups()) for match in NUMBER.finditer(text)} - GIVEN
    return [
        *({match.group() for match in SECRETS.finditer(text)} - NOT_SECRET),
        *(match.group() for match in PLACES.finditer(text)),
        *(number for number in numbers if not MADE_UP.search(number[4:])),
    ]


def test_what_is_private_would_be_found() -> None:
    key, phone = "sk-or-v1-" + "a1b2" * 8, "+7 (701) " + "482-19-36"
    planted = ["postgresql://" + "shop:hunter2@db.shop.kz/x", "-----BEGIN RSA " + "PRIVATE KEY-----", key]
    assert private("\n".join(planted)) and set(private("\n".join(planted))) >= {key}
    assert len(private("\n".join(planted))) == len(planted)
    assert private("cd /" + "home/aigul/saudager") and private(phone) == ["7" + "7014821936"]
    assert private("+7 701 000 00 01, postgresql://user:password@host/name, 8 (777) 123-45-67, /home of the shop") == []
