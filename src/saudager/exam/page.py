"""The exam as one self-contained page for the shop owner: the shares, every failed case, every dialogue."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from saudager import templates
from saudager.exam.report import Dialogue, Report

SUITES = {
    "moderator": ("Кто пишет", "отличает покупателей от остальных"),
    "answers": ("Ответы по документам", "говорит то, что в них есть, и обещает узнать остальное"),
    "grounding": ("Проверка перед отправкой", "пропускает верное и останавливает выдуманное"),
    "intent": ("Да или нет", "понимает, что покупатель ответил на предложение"),
    "optout": ("«Больше не пишите»", "слышит просьбу не писать и не слышит её там, где её нет"),
    "callslot": ("Время звонка", "понимает, на когда договорились"),
    "dialogues": ("Разговоры", "выдерживает целые разговоры с разными покупателями"),
}
_COUNTS = {"wrongly_blocked": "замолчал без просьбы"}
_FIELDS = {
    "text": "написано", "question": "спрошено", "draft": "черновик", "messages": "переписка", "expect": "должно быть",
    "expect_at": "время", "got": "получилось", "got_at": "вышло время", "why": "почему", "answer": "ответ",
    "problems": "замечания", "reasoning": "объяснение", "now": "написано в", "wish": "понято как",
    "offer": "предложение", "contact": "контакт",
    "facts": "доказано", "confidence": "уверенность", "must_include": "должно быть в ответе",
    "must_not_include": "не должно быть в ответе", "in_knowledge": "есть в документах",
}  # fmt: skip
_ANSWERS = {True: "да", False: "нет", None: "неясно"}


def as_page(reports: Sequence[Report], *, engine: str, now: datetime) -> str:
    """HTML without a link to anything outside it; ``now`` is in the shop's time zone."""
    return templates.render(
        "saudager.exam",
        "report.html",
        suites=[_suite(report) for report in reports],
        failed=sum(report.total - report.passed for report in reports),
        hosted=engine != "offline",
        now=now,
    )


def _suite(report: Report) -> dict[str, Any]:
    name, about = SUITES[report.suite]
    return {
        "key": report.suite,
        "name": name,
        "about": about,
        "total": report.total,
        "passed": report.passed,
        "share": int(100 * report.accuracy),
        "counts": [(_COUNTS.get(count, count), number) for count, number in report.counts.items()],
        "wrong": [] if report.dialogues else [shown(wrong) for wrong in report.wrong],
        "dialogues": [_dialogue(one) for one in sorted(report.dialogues, key=lambda one: not one.broken)],
    }


def shown(wrong: dict[str, Any]) -> dict[str, Any]:
    """A failed case for a person: its number, and what its fields hold under Russian names."""
    fields = [
        (_FIELDS.get(name, name), _written(value)) for name, value in wrong.items() if name not in ("case", "kept")
    ]
    return {"number": wrong["case"], "fields": [(name, value) for name, value in fields if value]}


def _written(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_written(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values() if one is not None)
    return _ANSWERS[value] if value is None or isinstance(value, bool) else str(value)


def _dialogue(dialogue: Dialogue) -> dict[str, Any]:
    days = groupby(dialogue.lines, key=lambda line: line.at.date())
    return {
        "title": dialogue.title,
        "seed": dialogue.seed,
        "persona": dialogue.persona,
        "name": dialogue.name,
        "pinned": dialogue.pinned,
        "rules": dialogue.rules,
        "broken": dialogue.broken,
        "days": [(day, list(lines)) for day, lines in days],
    }
