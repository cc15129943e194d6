"""The exam: whether the salesperson tells customers from others, reads and answers them truly, and keeps its word."""

from saudager.exam.cases import read_cases, shipped
from saudager.exam.dialogues import dialogues
from saudager.exam.readings import callslot, intent, optout
from saudager.exam.report import Report
from saudager.exam.suites import answers, grounding, moderator

__all__ = [
    "Report",
    "answers",
    "callslot",
    "dialogues",
    "grounding",
    "intent",
    "moderator",
    "optout",
    "read_cases",
    "shipped",
]
