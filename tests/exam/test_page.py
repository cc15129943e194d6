"""The exam's page: everything that failed is on it, all of it escaped, and it needs nothing from outside."""

import re
from datetime import datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from saudager.exam.page import as_page
from saudager.exam.report import Dialogue, Heard, Judged, Report

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=ZoneInfo("Asia/Almaty"))
EVIL = '<script>alert("x")</script>'
VOID = {"meta", "br", "link", "img", "input"}


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _reports() -> list[Report]:
    intent, optout, talk = Report("intent"), Report("optout", counts={"wrongly_blocked": 1}), Report("dialogues")
    intent.note({"text": "да"}, None)
    intent.note({"text": EVIL, "expect": "yes"}, {"got": "no"})
    optout.note({"text": "до какого часа?", "expect": False}, {"got": True, "wish": "everything"})
    lines = [Heard(NOW, "customer", f"Сколько стоит {EVIL}?"), Heard(NOW, "shop", f"990 ₸ {EVIL}")]
    rules = [
        Judged("proved", "Каждая цифра подтверждена", f"«990 ₸» {EVIL}"),
        Judged("stopped", "Не пишет первым", None),
    ]
    dialogue = Dialogue("buyer", "Покупатель", 3, f"Дана {EVIL}", rules, lines, pinned="proved")
    talk.note({}, dialogue.as_dict())
    talk.dialogues.append(dialogue)
    return [intent, optout, talk]


def test_every_failed_case_and_dialogue_stands_on_the_page():
    page = as_page(_reports(), engine="offline", now=NOW)
    assert "1 из 2" in page and "0 из 1" in page
    assert "до какого часа?" in page
    assert "замолчал без просьбы: 1" in page
    assert "✗" in page and "✓" in page
    assert "раньше падало: proved" in page
    assert 'lang="ru"' in page and "width=device-width" in page


def test_nothing_a_customer_or_a_model_writes_becomes_markup():
    page = as_page(_reports(), engine="offline", now=NOW)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    balanced = _Balanced()
    balanced.feed(page)
    assert balanced.open == []


def test_the_page_needs_nothing_from_outside():
    page = as_page(_reports(), engine="agno", now=NOW)
    assert not re.search(r"https?://|src=|@import|url\(", page)


def test_all_passed_says_so():
    report = Report("intent")
    report.note({"text": "да"}, None)
    page = as_page([report], engine="offline", now=NOW)
    assert "всё сдано" in page
    assert "Все случаи пройдены." in page
