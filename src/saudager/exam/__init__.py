"""The exam: whether the salesperson tells customers from others, answers truly, and lets no false draft out."""

from saudager.exam.cases import read_cases, shipped
from saudager.exam.report import Report
from saudager.exam.suites import answers, grounding, moderator

__all__ = ["Report", "answers", "grounding", "moderator", "read_cases", "shipped"]
