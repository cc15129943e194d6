"""What one clause of a customer's answer says, taken by itself."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from saudager.followups.phrasebook import Phrasebook, Said, Sign
from saudager.followups.spelled import CLAUSE_ENDS, SENTENCE_ENDS

Stance = StrEnum(
    "Stance", "DECIDES AGREES DECLINES DENIES DEAR THINKS FAREWELL ASKS ARRANGES REQUESTS BARGAINS SCOLDS NONE"
)
"""``DECIDES`` and ``DECLINES`` stand by themselves; ``AGREES`` and ``DENIES`` («да», «нет») lean on what is around."""

_YES = frozenset({Sign.GO, Sign.WANT, Sign.ASSENT, Sign.ALONE})
_ASKED_IN_KAZAKH = re.compile(r"(?:бар|бола|болади?|турад?и?|берес|сиз|низ|миз|син)(?:ма|ме|ба|бе|па|пе)$")
_SIDES = _YES | {Sign.REFUSE, Sign.DENY, Sign.PRICEY}
_JOINING = frozenset({"что", "чем", "как"})
_STATED = frozenset({Sign.WANT, Sign.REFUSE, Sign.THINK, Sign.WAIT, Sign.HEDGE, Sign.NOT})
_DETAIL_WORDS = """
толко на в с со после до без к чтоб чтоби тек only after before without with at
"""
_DETAILS = frozenset(_DETAIL_WORDS.split())
"""«Да, но после шести» keeps the yes."""
_NEAR = 2


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause, what it says, and how it stands to the one before it."""

    stance: Stance
    unknown: int
    """Words no phrase holds."""
    contrasted: bool = False
    """It opens with «но»."""
    conditional: bool = False
    """It holds «если», or a Kazakh condition."""
    doubtful: bool = False
    """The rules are not sure of the stance."""
    opening: str = ""
    """The first word that tells something."""


def sentences(spoken: Sequence[str], book: Phrasebook) -> Iterator[list[Clause]]:
    """The clauses of every sentence, empty ones left out."""
    clauses: list[Clause] = []
    words: list[str] = []
    for piece in (*spoken, "\n"):
        if piece == "," and words == ["ага"]:
            continue  # «ага, щас» mocks with a comma and without
        if piece not in CLAUSE_ENDS:
            words.append(piece)
            continue
        if words:
            clauses += _clauses(book.mend(words), book, asked=piece == "?")
            words = []
        if piece in SENTENCE_ENDS and clauses:
            yield clauses
            clauses = []


def _clauses(words: Sequence[str], book: Phrasebook, *, asked: bool) -> Iterator[Clause]:
    said, unknown = book.find(words)
    said = said if asked else [one for at, one in enumerate(said) if not _joins(words, said[:at], one, unknown)]
    parts = list(_parted(words, said))
    for number, (start, end, contrasted) in enumerate(parts, 1):
        inside = [one for one in said if start <= one.start < end]
        left = [at for at in unknown if start <= at < end]
        yield _read(words, inside, left, contrasted=contrasted, asked=asked and number == len(parts))


def _parted(words: Sequence[str], said: Iterable[Said]) -> Iterator[tuple[int, int, bool]]:
    """Parts of a clause written without commas: «но» opens one, and so does a question after an answer."""
    start, contrasted, answered = 0, False, False
    for one in said:
        if one.sign is Sign.BUT:
            if one.start > start:
                yield start, one.start, contrasted
            contrasted = _DETAILS.isdisjoint(words[one.end : one.end + 1])
            start, answered = one.end, False
        elif one.sign in (Sign.ASK, Sign.PRACTICAL) and answered:
            yield start, one.start, contrasted
            start, contrasted, answered = one.start, False, False
        elif one.sign in (Sign.GO, Sign.WANT, Sign.ASSENT, Sign.DENY, Sign.REFUSE):
            answered = True
    if start < len(words):
        yield start, len(words), contrasted


def _read(words: Sequence[str], said: list[Said], unknown: list[int], *, contrasted: bool, asked: bool) -> Clause:
    said = _negated(said)
    signs = [one.sign for one in said]
    asking = Sign.ASK in signs or Sign.PRACTICAL in signs or any(_ASKED_IN_KAZAKH.search(words[at]) for at in unknown)
    conditional = Sign.IF in signs
    unknown = [at for at in unknown if not words[at][:1].isdigit() or Sign.ALONE in signs]
    if Sign.GRIPE in signs and not (Sign.REFUSE in signs and not asked):
        stance, doubtful = Stance.SCOLDS, False
    elif asked or asking:
        stance, doubtful = _of_question(signs, unknown, asked=asked)
        doubtful = doubtful or (not asked and not _SIDES.isdisjoint(signs))
    else:
        stance, doubtful = _of_statement(words, said, unknown)
        doubtful = doubtful or Sign.GRIPE in signs
        if conditional and stance is Stance.NONE:
            stance, doubtful = Stance.THINKS, True
    opening = words[said[0].start] if said else ""
    return Clause(stance, len(unknown), contrasted, conditional, doubtful, opening)


def _negated(said: list[Said]) -> list[Said]:
    """«Не» before an agreement, or «емес» after it, makes it a refusal; words that say nothing are left out."""
    told = [one for one in said if one.sign is not Sign.SMALL]
    result: list[Said] = []
    for one in told:
        before = result[-1] if result else None
        if before and (_denies(before, one) or _is_denied(before, one)):
            result[-1] = Said(Sign.REFUSE, before.start, one.end)
        else:
            result.append(one)
    return result


def _joins(words: Sequence[str], before: Sequence[Said], one: Said, unknown: Iterable[int]) -> bool:
    """«Сказали что», «лучше чем»: in the middle of a statement these words ask nothing."""
    if one.sign is not Sign.ASK or words[one.start] not in _JOINING:
        return False
    return any(at < one.start for at in unknown) or any(earlier.sign in _STATED for earlier in before)


def _denies(before: Said, one: Said) -> bool:
    return before.sign is Sign.NOT and one.sign in _YES and one.start - before.end <= _NEAR


def _is_denied(before: Said, one: Said) -> bool:
    return one.sign is Sign.NOT and before.sign in _YES and before.sign is not Sign.ASSENT


def _of_question(signs: Sequence[Sign], unknown: Sequence[int], *, asked: bool) -> tuple[Stance, bool]:
    if Sign.THINK in signs or (Sign.WAIT in signs and Sign.ASK in signs and not asked):
        return Stance.THINKS, asked
    if Sign.PRACTICAL in signs:
        return Stance.ARRANGES, False
    if Sign.ASK in signs:
        return Stance.ASKS, False
    if Sign.GO in signs:
        return Stance.DECIDES, True
    if not unknown and signs and set(signs) <= {Sign.ASSENT, Sign.ALONE, Sign.DENY}:
        return Stance.NONE, False
    return Stance.ASKS, False


def _of_statement(words: Sequence[str], said: Sequence[Said], unknown: Sequence[int]) -> tuple[Stance, bool]:
    last = {one.sign: at for at, one in enumerate(said)}
    refused = max(last.get(Sign.REFUSE, -1), last.get(Sign.PRICEY, -1) if Sign.GO not in last else -1)
    waits = max(last.get(Sign.WAIT, -1), last.get(Sign.THINK, -1))
    decided = max(last.get(Sign.GO, -1), last.get(Sign.WANT, -1))
    if Sign.KEEP in last:
        return Stance.FAREWELL, False
    if waits >= 0:
        return (Stance.DECLINES, True) if last.get(Sign.REFUSE, -1) > waits else (Stance.THINKS, decided > waits)
    if Sign.BARGAIN in last:
        accepts = max(decided, last.get(Sign.ASSENT, -1)) > last[Sign.BARGAIN]
        return (Stance.THINKS, True) if accepts else (Stance.BARGAINS, False)
    if Sign.HEDGE in last:
        return _of_hedged(last)
    if max(refused, decided) >= 0:
        if refused > decided:
            return (Stance.DECLINES, decided >= 0) if Sign.REFUSE in last else (Stance.DEAR, True)
        return Stance.DECIDES, Sign.REQUEST in last or Sign.REFUSE in last
    return _of_short(words, said, unknown, last)


def _of_hedged(last: dict[Sign, int]) -> tuple[Stance, bool]:
    if Sign.REFUSE in last and last.get(Sign.GO, -1) < last[Sign.REFUSE]:
        return Stance.DECLINES, True
    return (Stance.DECIDES if Sign.GO in last else Stance.THINKS), len(last) > 1


def _of_short(
    words: Sequence[str], said: Sequence[Said], unknown: Sequence[int], last: dict[Sign, int]
) -> tuple[Stance, bool]:
    if Sign.DENY in last:
        denied = said[last[Sign.DENY]]
        if _says_that_there_is_none(words, denied, unknown):
            return Stance.NONE, True
        return Stance.DENIES, Sign.ASSENT in last
    if Sign.REQUEST in last and Sign.ASSENT not in last:
        return Stance.REQUESTS, False
    if Sign.ASSENT in last:
        return Stance.AGREES, False
    if Sign.ALONE in last:
        return (Stance.REQUESTS, True) if unknown else (Stance.AGREES, Sign.CLOSE in last)
    if Sign.NOT in last and not unknown:
        return Stance.DENIES, False
    return Stance.NONE, False


def _says_that_there_is_none(words: Sequence[str], denied: Said, unknown: Sequence[int]) -> bool:
    """«Каспи нет», «картам жоқ»: a thing is missing, nothing is answered."""
    before = [at for at in unknown if at < denied.start]
    after = [at for at in unknown if at >= denied.end]
    return bool(before) or (len(after) == 1 and after[0] == len(words) - 1 == denied.end)
