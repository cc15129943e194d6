"""Read a file of exam cases, one JSON object a line, and say in one sentence which line is not as expected."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from saudager.errors import ConfigurationError
from saudager.truth.named import named_fact

_SHIPPED = Path(__file__).parent / "cases"


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kept: bool = False
    """Set aside while the rules were made."""


class Contact(BaseModel):
    """The person's names as the phone book has them."""

    name: str | None = None
    full_name: str | None = None
    business_name: str | None = None


class Message(BaseModel):
    """One line of the dialogue."""

    sender: Annotated[Literal["customer", "us"], Field(alias="from")]
    text: str


class ModeratorCase(_Case):
    """Who is this? ``expect`` is the verdict that should be acted on."""

    contact: Contact = Contact()
    messages: list[Message]
    expect: bool | None


class AnswerCase(_Case):
    """One question of a customer; ``in_knowledge`` is false when the documents do not hold the answer."""

    question: str
    must_include: list[str] = []
    must_not_include: list[str] = []
    in_knowledge: bool = True


class GroundingCase(_Case):
    """A draft and all that is proved, ``name[label]=value unit`` each."""

    draft: str
    facts: list[str]
    expect: Literal["pass", "fail"]

    @field_validator("facts")
    @classmethod
    def _readable(cls, facts: list[str]) -> list[str]:
        try:
            for written in facts:
                named_fact(written)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return facts


class IntentCase(_Case):
    """What a customer answers to an offer; ``offer`` is our line before it, where it matters."""

    text: str
    offer: str = ""
    expect: Literal["yes", "no", "undecided", "other"]


class OptOutCase(_Case):
    """A customer's line, and whether it is a wish, of any scope, that we stop writing."""

    text: str
    expect: bool


class CallSlotCase(_Case):
    """A line in which a customer may name a time for a call, written at ``now``."""

    now: AwareDatetime
    text: str
    expect_at: AwareDatetime | None
    expect: Literal["bookable", "outside_hours", "no_time"]


class DialogueCase(_Case):
    """A simulated customer; ``seed`` decides what he asks and when, ``rule`` is the one that once failed with him."""

    persona: Literal["buyer", "haggler", "silent", "wrong_number", "angry", "injector", "kazakh_speaker"]
    seed: Annotated[int, Field(ge=0, lt=100_000)]
    rule: str | None = None


Case = ModeratorCase | AnswerCase | GroundingCase | IntentCase | OptOutCase | CallSlotCase | DialogueCase
KINDS: dict[str, type[Case]] = {
    "moderator": ModeratorCase,
    "answers": AnswerCase,
    "grounding": GroundingCase,
    "intent": IntentCase,
    "optout": OptOutCase,
    "callslot": CallSlotCase,
    "dialogues": DialogueCase,
}


def shipped(suite: str) -> Path:
    """The cases that come with the product."""
    return _SHIPPED / f"{suite}.jsonl"


def shipped_knowledge() -> Path:
    """The documents the shipped ``answers`` are about."""
    return _SHIPPED / "knowledge"


def read_cases(suite: str, file: Path) -> list[Case]:
    """The cases of a file; raises ConfigurationError that names the line and what is wrong with it."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read as UTF-8 text ({error})") from None
    cases = [_case(suite, line, f"{file}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise ConfigurationError(f"{file}: holds no case; expected one JSON object a line")
    return cases


def _case(suite: str, line: str, place: str) -> Case:
    try:
        return KINDS[suite].model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{place}: is not JSON ({error})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{place}: {where}: {first['msg'].removeprefix('Value error, ')}; expected a case of {suite}"
        ) from None
