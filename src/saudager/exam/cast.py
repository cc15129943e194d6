"""Everybody who takes part in the dialogues, and which of them plays when nobody says otherwise."""

from pathlib import Path

from saudager.exam.buyers import BUYERS
from saudager.exam.cases import DialogueCase, read_cases
from saudager.exam.customers import Persona
from saudager.exam.trouble import TROUBLE

CAST: dict[str, Persona] = {persona.key: persona for persona in (*BUYERS, *TROUBLE)}
_PINNED = Path(__file__).parent / "cases" / "pinned.jsonl"


def everybody(runs: int) -> list[DialogueCase]:
    """Every persona with the seeds 1, 2, … ``runs``."""
    cases = ({"persona": key, "seed": seed} for seed in range(1, runs + 1) for key in CAST)
    return [DialogueCase.model_validate(case) for case in cases]


def pinned() -> list[DialogueCase]:
    """The dialogues in which a rule once failed."""
    return [case for case in read_cases("dialogues", _PINNED) if isinstance(case, DialogueCase)]
