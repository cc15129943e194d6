"""What a hosted model is sent of the documents for one question, and whether the answer is in it.

Tokens are estimated at three characters each, as the product does: no vendor's tokenizer comes with it, and a ratio of
two texts of one kind hardly depends on it. "At equal or better answers" is measured by its condition: whether what is
sent holds what the answer must say (``recall``), because the offline engine answers from the same passages either way.
"""

import re
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from saudager import prompts
from saudager.agent import briefing
from saudager.agent.briefing import OpenTurn, Papers
from saudager.contracts import Kind
from saudager.conversations.models import Contact, Conversation, Message
from saudager.db.threads import Database
from saudager.providers.llm import Briefing, Fact
from saudager.settings import Settings
from saudager.words import normalise

_NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
_LETTERS_A_TOKEN = 3
_ALL = 1_000_000


def first_turn(session: Session, question: str, settings: Settings, *, whole: bool) -> tuple[Papers, Briefing]:
    """What the salesperson has before him when a new customer asks this; ``whole``: with every passage."""
    line = Message(kind=Kind.TEXT, text=question, deleted=False)
    turn = OpenTurn(Conversation(id=1, account="simulator"), Contact(id=1), [line], [])
    papers = briefing.find_papers(session, turn, settings, whole=whole, now=_NOW)
    return papers, briefing.brief(turn, papers, prompt=prompts.load("sales"), settings=settings, now=_NOW)


async def compared(db: Database, folder: Path, asked: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
    """Tokens of the instructions with the passages found and with all of them; ``asked`` has (question, must say).

    ``whole`` is as the product sends a base, each passage with its source; ``files`` is the text of its files as it is.
    """
    settings = Settings(_env_file=None, knowledge_whole_tokens=_ALL)
    everything, brief = await db.read(first_turn, asked[0][0], settings, whole=True)
    with_whole = len(brief.instructions)
    rules = with_whole - len(everything.text)
    with_files = rules + sum(len(path.read_text(encoding="utf-8")) for path in folder.iterdir())
    sizes, answered = [], []
    for question, wanted in asked:
        papers, brief = await db.read(first_turn, question, settings, whole=False)
        sizes.append(len(brief.instructions))
        answered.append(says(_said(papers.found), wanted))
    with_found, all_said = statistics.mean(sizes), _said(everything.whole)
    return {
        "passages": len(everything.whole),
        "questions": len(asked),
        "tokens_rules": rules // _LETTERS_A_TOKEN,
        "tokens_found": round(with_found / _LETTERS_A_TOKEN),
        "tokens_whole": with_whole // _LETTERS_A_TOKEN,
        "tokens_files": with_files // _LETTERS_A_TOKEN,
        "ratio": round(with_found / with_whole, 4),
        "ratio_to_files": round(with_found / with_files, 4),
        "recall_at_10": round(statistics.mean(answered), 3),
        "recall_of_whole": round(statistics.mean(says(all_said, wanted) for _, wanted in asked), 3),
    }


def _said(facts: Sequence[Fact]) -> str:
    return plain("\n".join(fact.text for fact in facts))


def says(said: str, wanted: Sequence[str]) -> bool:
    """Whether all that is wanted is said in ``plain`` words; figures stand alone, however they are grouped."""
    return all(re.search(rf"(?<!\d){re.escape(plain(part))}(?!\d)", said) for part in wanted)


def plain(text: str) -> str:
    """Letter case and the grouping of digits do not count."""
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", normalise(text))
