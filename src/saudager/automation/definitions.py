"""What a rule and a sequence may say: every trigger, action and step with its bounds."""

import re
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from typing import Annotated, Any, Literal

from croniter import CroniterBadDateError, croniter
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from saudager.automation import placeholders
from saudager.automation.conditions import AnyOf, Comparison, Condition, Unreadable, names_of, parse
from saudager.automation.names import WEEKDAYS, nearest
from saudager.events import Happened

LONGEST_WAIT = timedelta(days=365)
MOST_ACTIONS, MOST_STEPS, MOST_CONDITIONS, DEEPEST_BRANCH = 10, 60, 20, 3
CLASSES = ("service", "follow_up", "marketing")


def _wrong(kind: str, says: str, **context: Any) -> PydanticCustomError:
    """A mistake told in Russian; ``key`` in the context is the word of the mapping it stands at."""
    return PydanticCustomError(kind, "{says}", {"says": says, **context})


def _meant(word: Any, words: list[str]) -> str:
    near = nearest(word, words) if isinstance(word, str) else None
    return f"; может быть, {near}?" if near else f"; бывает: {', '.join(words)}"


def _one_of(words: tuple[str, ...], what: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value not in words:
            raise _wrong("unknown", f"{what} «{value}» не бывает{_meant(value, list(words))}")
        return value

    return check


def _happened(value: Any) -> Happened:
    heard = [one.value for one in Happened if one is not Happened.SCHEDULED]
    if value not in heard:
        raise _wrong("unknown", f"события «{value}» нет{_meant(value, heard)}")
    return Happened(value)


def _duration(value: Any) -> timedelta:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong("duration", f"«{value}» не срок: пишут 30m (минут), 2h (часа), 3d (дня) или 2w (недели)")
    length = int(found[1]) * _UNITS[found[2]]
    if not timedelta(minutes=1) <= length <= LONGEST_WAIT:
        raise _wrong("duration", f"«{value}»: срок бывает от одной минуты до {LONGEST_WAIT.days} дней")
    return length


def _clock(value: Any) -> time:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong("time", f"«{value}» не время: пишут 09:30")
    return time(int(found[1]), int(found[2]))


def _cron(value: Any) -> str:
    """At most once an hour: each moment goes through all leads or contacts."""
    parts = value.split() if isinstance(value, str) else []
    if len(parts) != 5 or not croniter.is_valid(" ".join(parts)):
        raise _wrong("cron", f"«{value}» не расписание: пять полей, например «0 9 * * 1» (понедельник, 9:00)")
    if not parts[0].isdecimal():
        raise _wrong("cron", f"«{value}»: минута называется одним числом, чаще раза в час правило не запускают")
    if _BY_CHANCE.search(value):
        raise _wrong("cron", f"«{value}»: времени наугад не бывает")
    try:
        croniter(" ".join(parts)).get_next()
    except CroniterBadDateError:
        raise _wrong("cron", f"«{value}»: такого дня никогда не бывает") from None
    return " ".join(parts)


def _condition(value: Any) -> Condition:
    if isinstance(value, dict):
        if set(value) != {"any"} or not isinstance(value["any"], list) or not value["any"]:
            raise _wrong("condition", "ожидается условие или any: и список условий, из которых хватит одного")
        if len(value["any"]) > MOST_CONDITIONS:
            raise _wrong("condition", f"больше {MOST_CONDITIONS}: столько не бывает")
        return AnyOf(tuple(_comparison(one) for one in value["any"]))
    return _comparison(value)


def _comparison(value: Any) -> Comparison:
    if not isinstance(value, str) or len(value) > 500:
        raise _wrong("condition", "ожидается условие: имя, сравнение, значение")
    try:
        return parse(value)
    except Unreadable as error:
        raise _wrong("condition", error.says, offset=error.column) from None


def _text(value: Any) -> Any:
    if isinstance(value, str) and (at := placeholders.stray_brace(value)) is not None:
        raise _wrong("brace", "скобка не закрыта или лишняя; имя пишут так: {contact.name|друг}, скобку: {{", within=at)
    return value


def _word(value: Any) -> Any:
    if isinstance(value, str) and not _WORD.fullmatch(value):
        raise _wrong(
            "word", f"«{value[:60]}»: ожидается слово из строчных латинских букв, цифр и дефисов, до 40 знаков"
        )
    return value


def _step(kinds: dict[str, str], value: Any) -> Any:
    """``{send_message: {…}}`` as ``{do: send_message, …}``."""
    words = list(kinds)
    if not isinstance(value, dict) or not value:
        raise _wrong("step", f"ожидается шаг: {', '.join(words)}")
    word = next((key for key in value if key in kinds), next(iter(value)))
    if word not in kinds:
        raise _wrong("step", f"шага «{word}» нет{_meant(word, words)}", key=word)
    body = value[word]
    if "do" in (value if word == "when" else body if isinstance(body, dict) else ()):
        raise _wrong("step", "слова «do» здесь не бывает", key=word)
    if word == "when":
        return {"do": "branch", **value}
    if len(value) > 1:
        extra = next(key for key in value if key != word)
        raise _wrong("step", f"«{extra}» здесь лишнее: каждый шаг начинается со своей черточки", key=extra)
    if word == "wait":
        return {"do": word, "for": body}
    if not isinstance(body, dict):
        raise _wrong("step", f"после {word}: ожидаются {kinds[word]}", key=word)
    return {"do": word, **body}


_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DURATION = re.compile(r"(\d{1,5})([mhdw])", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_BY_CHANCE = re.compile(r"(?<![a-z])[rh](?![a-z])", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_ACTIONS = {
    "send_message": "text (и class)",
    "send_letter": "subject, text (и class)",
    "add_task": "text (и in)",
    "move_stage": "pipeline и stage",
    "hand_over": "reason",
    "begin": "sequence",
    "stop": "sequence",
}
_STEPS = _ACTIONS | {
    "wait": "срок",
    "wait_until": "event (и at_most) или time (и weekday)",
    "when": "условия, then и else",
}

Word = Annotated[str, BeforeValidator(_word)]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]*$")
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), BeforeValidator(_text)]
Line = Annotated[Title, BeforeValidator(_text)]
Heard = Annotated[Happened, BeforeValidator(_happened)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Clock = Annotated[time, BeforeValidator(_clock)]
Conditions = Annotated[
    tuple[Annotated[Any, BeforeValidator(_condition)], ...], Field(max_length=MOST_CONDITIONS, strict=False)
]
MessageClassWord = Annotated[
    Literal["service", "follow_up", "marketing"], BeforeValidator(_one_of(CLASSES, "класса сообщений"))
]


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SendMessage(_Said):
    """To the contact's chat, by the one door."""

    do: Literal["send_message"]
    text: Text
    message_class: MessageClassWord = Field("service", alias="class")


class SendLetter(_Said):
    """To the contact's address, by the one door."""

    do: Literal["send_letter"]
    subject: Line
    text: Text
    message_class: MessageClassWord = Field("service", alias="class")


class AddTask(_Said):
    """In the lead when there is one, else on the desk; ``after`` is when it falls due."""

    do: Literal["add_task"]
    text: Line
    after: Duration | None = Field(None, alias="in")


class MoveStage(_Said):
    do: Literal["move_stage"]
    pipeline: Title
    stage: Title


class HandOver(_Said):
    do: Literal["hand_over"]
    reason: Line


class Begin(_Said):
    do: Literal["begin"]
    sequence: Word


class Stop(_Said):
    do: Literal["stop"]
    sequence: Word


class Wait(_Said):
    do: Literal["wait"]
    duration: Duration = Field(alias="for")


class WaitUntil(_Said):
    """For an event, at most so long; or for the next such time of day, in the shop's zone."""

    do: Literal["wait_until"]
    event: Heard | None = None
    at_most: Duration | None = None
    time: Clock | None = None
    weekday: Annotated[str, BeforeValidator(_one_of(WEEKDAYS, "дня недели"))] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "WaitUntil":
        if (self.event is None) == (self.time is None):
            raise _wrong("wait_until", "ожидается одно из двух: event или time")
        if self.at_most is not None and self.event is None:
            raise _wrong("wait_until", "at_most бывает только вместе с event")
        if self.weekday is not None and self.time is None:
            raise _wrong("wait_until", "weekday бывает только вместе с time")
        return self


class Branch(_Said):
    """One way when the conditions hold, the other when they do not."""

    do: Literal["branch"]
    when: Annotated[Conditions, Field(min_length=1)]
    then: tuple["Step", ...] = Field((), max_length=MOST_STEPS, strict=False)
    otherwise: tuple["Step", ...] = Field((), max_length=MOST_STEPS, alias="else", strict=False)


def _tag(value: Any) -> str:
    return str(value["do"] if isinstance(value, dict) else value.do)


def _steps(kinds: dict[str, str]) -> BeforeValidator:
    return BeforeValidator(lambda value: value if isinstance(value, _Said) else _step(kinds, value))


_ANY_ACTION = (
    Annotated[SendMessage, Tag("send_message")]
    | Annotated[SendLetter, Tag("send_letter")]
    | Annotated[AddTask, Tag("add_task")]
    | Annotated[MoveStage, Tag("move_stage")]
    | Annotated[HandOver, Tag("hand_over")]
    | Annotated[Begin, Tag("begin")]
    | Annotated[Stop, Tag("stop")]
)
Action = Annotated[_ANY_ACTION, Discriminator(_tag), _steps(_ACTIONS)]
Step = Annotated[
    _ANY_ACTION
    | Annotated[Wait, Tag("wait")]
    | Annotated[WaitUntil, Tag("wait_until")]
    | Annotated[Branch, Tag("branch")],
    Discriminator(_tag),
    _steps(_STEPS),
]


class Every(_Said):
    """The moments of a cron expression in the shop's zone; each time it runs for all ``leads`` that are open, or all
    ``contacts`` that are clients."""

    every: Annotated[str, BeforeValidator(_cron)]
    each: Annotated[Literal["leads", "contacts"], BeforeValidator(_one_of(("leads", "contacts"), "обхода"))] = Field(
        alias="for"
    )


def _occasion(value: Any) -> Any:
    if isinstance(value, dict | Every):
        return value
    return _happened(value)


class Rule(_Said):
    """When something happens and the conditions hold, then all of this is done."""

    rule: Word
    title: Title
    when: Annotated[
        Annotated[Happened, Tag("event")] | Annotated[Every, Tag("clock")],
        Discriminator(lambda value: "event" if isinstance(value, Happened) else "clock"),
        BeforeValidator(_occasion),
    ]
    conditions: Conditions = Field((), alias="if")
    then: tuple[Action, ...] = Field(min_length=1, max_length=MOST_ACTIONS, strict=False)

    @property
    def name(self) -> str:
        return self.rule

    @property
    def hears(self) -> frozenset[Happened]:
        """The kinds of events it has to hear."""
        return frozenset({self.when if isinstance(self.when, Happened) else Happened.SCHEDULED})

    @property
    def occasion(self) -> Happened | None:
        """The event whose facts it may speak of."""
        return self.when if isinstance(self.when, Happened) else Happened.SCHEDULED


class Sequence(_Said):
    """Step by step with waits between, from the event it begins with (or by hand) until its end or one of ``ends``."""

    sequence: Word
    title: Title
    begins: Heard | None = None
    conditions: Conditions = Field((), alias="if")
    ends: tuple[Heard, ...] = Field((), max_length=len(Happened), strict=False)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST_STEPS, strict=False)

    @model_validator(mode="after")
    def _is_bounded(self) -> "Sequence":
        if sum(1 for _ in walk(self.steps)) > MOST_STEPS:
            raise _wrong("bounds", f"шагов больше {MOST_STEPS}")
        if _depth(self.steps) > DEEPEST_BRANCH:
            raise _wrong("bounds", f"развилки вложены глубже {DEEPEST_BRANCH}")
        return self

    @property
    def name(self) -> str:
        return self.sequence

    @property
    def hears(self) -> frozenset[Happened]:
        """The kinds of events it has to hear."""
        waits = {step.event for _, step in walk(self.steps) if isinstance(step, WaitUntil) and step.event is not None}
        return frozenset({*self.ends, *waits, *([self.begins] if self.begins is not None else [])})

    @property
    def occasion(self) -> Happened | None:
        """The event whose facts it may speak of; None: it begins by hand or by a rule."""
        return self.begins


Definition = Rule | Sequence
BODIES: dict[str, type[BaseModel]] = {
    "send_message": SendMessage,
    "send_letter": SendLetter,
    "add_task": AddTask,
    "move_stage": MoveStage,
    "hand_over": HandOver,
    "begin": Begin,
    "stop": Stop,
    "wait_until": WaitUntil,
    "branch": Branch,
    "clock": Every,
}
"""What stands behind each word."""
AnyAction = SendMessage | SendLetter | AddTask | MoveStage | HandOver | Begin | Stop
AnyStep = AnyAction | Wait | WaitUntil | Branch


def walk(
    steps: tuple[AnyStep, ...], path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], AnyStep]]:
    """Every step with its path: ``(2,)``, ``(3, "then", 0)``."""
    for number, step in enumerate(steps):
        yield (*path, number), step
        if isinstance(step, Branch):
            yield from walk(step.then, (*path, number, "then"))
            yield from walk(step.otherwise, (*path, number, "else"))


def steps_of(definition: Definition) -> Iterator[tuple[tuple[str | int, ...], AnyStep]]:
    """Everything it does, each with its path in the whole text."""
    if isinstance(definition, Rule):
        yield from walk(definition.then, ("then",))
    else:
        yield from walk(definition.steps, ("steps",))


def texts_of(step: AnyStep) -> Iterator[tuple[str, str]]:
    """Its texts in which names may stand, each with its word."""
    for word in ("subject", "text", "reason"):
        if isinstance(text := getattr(step, word, None), str):
            yield word, text


def names_spoken_of(definition: Definition) -> frozenset[str]:
    """All names in its conditions and texts: what has to be looked up for it."""
    names = set(names_of(definition.conditions))
    for _, step in steps_of(definition):
        names |= {one.name for _, text in texts_of(step) for one in placeholders.of(text)}
        if isinstance(step, Branch):
            names |= set(names_of(step.when))
    return frozenset(names)


def _depth(steps: tuple[AnyStep, ...]) -> int:
    return max((1 + max(_depth(s.then), _depth(s.otherwise)) for s in steps if isinstance(s, Branch)), default=0)
