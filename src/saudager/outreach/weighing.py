"""Whether the rest of a message leaves a wish standing: goods, questions, conditions and hours may take it away."""

import re
from collections.abc import Mapping, Sequence

from saudager.outreach.denying import asks_to_hear
from saudager.outreach.phrases import Phrase
from saudager.outreach.stops import Scope, Stop, Trust, has

_COURTESIES = re.compile("[fmeuVkJ=vdhsS]*")
_BUSINESS = "x$YKt34"
_NO_REASON = "$Y4"
_OWN_DOING = re.compile("[135]")
_MAY_LEAD_ON = re.compile(".*x|[135]")
_COMPLAINT = re.compile("[!2VmeufdvyMO]*I[2VmeufdvyMO]*")


def stands(at: int, stops: Mapping[int, Stop], phrases: Sequence[Phrase]) -> bool:
    """Whether the stop found in phrase ``at`` is meant, beside the other stops and all that is said besides."""
    stop = stops[at]
    rest = {number: phrase for number, phrase in enumerate(phrases) if number not in stops}
    if any(_is_correction(stop, phrase) for phrase in rest.values()) or not _is_borne(stop, rest):
        return False
    if stop.scope is Scope.WHAT_WAS_NAMED:
        return any(has(phrase.parts, stop.named_by) for phrase in phrases)
    if not stop.of_writing:
        return True
    if stop.scope is Scope.EVERYTHING and any(map(asks_to_hear, phrases)):
        return False
    return not _is_limited(at, phrases)


def _is_correction(stop: Stop, phrase: Phrase) -> bool:
    """«Поставьте другой», but not «работаем с другой компанией»."""
    return "K" in phrase.parts and not (stop.of_writing and _OWN_DOING.match(phrase.parts))


def _is_borne(stop: Stop, rest: Mapping[int, Phrase]) -> bool:
    match stop.trust:
        case Trust.ALONE:
            return all(_COURTESIES.fullmatch(phrase.parts) and not phrase.is_question for phrase in rest.values())
        case Trust.AMONG_HARMLESS:
            return not any(has(phrase.parts, _BUSINESS) or _is_asked(phrase) for phrase in rest.values())
        case Trust.AMONG_REASONS:
            return _are_reasons(rest)
        case Trust.SURE:
            return True


def _is_asked(phrase: Phrase) -> bool:
    """A question, but for «зачем вы мне пишете?»."""
    return phrase.is_question and _COMPLAINT.fullmatch(phrase.parts) is None


def _are_reasons(rest: Mapping[int, Phrase]) -> bool:
    """«Диван купили у других», but not «имя и дату» or «а доставка?»: whatever is foreign leads to a verb."""
    for number, phrase in rest.items():
        if has(phrase.parts, _NO_REASON) or (phrase.is_question and has(phrase.parts, "xwpg")):
            return False
        if "x" in phrase.parts and not _OWN_DOING.match(phrase.parts):
            following = rest.get(number + 1)
            if following is None or following.sentence != phrase.sentence or not _MAY_LEAD_ON.match(following.parts):
                return False
    return True


def _is_limited(at: int, phrases: Sequence[Phrase]) -> bool:
    """Whether it is said until when, on what condition, or what is not to be written."""
    if "+" not in phrases[at].parts and any("t" in phrase.parts for phrase in phrases):
        return True
    in_sentence = [
        (number, phrase)
        for number, phrase in enumerate(phrases)
        if phrase.sentence == phrases[at].sentence and number != at
    ]
    return any(
        (phrase.parts[0] == "q" and not _limits_nothing(number, phrases))
        or (phrase.parts[0] == "!" and number == at + 1)
        for number, phrase in in_sentence
    )


def _limits_nothing(condition: int, phrases: Sequence[Phrase]) -> bool:
    """«Если надо будет, сама напишу»; «рекламу не шлите, напишите, когда привезут»."""
    own_word = any("5" in phrase.parts for phrase in phrases[condition:])
    return own_word or (condition > 0 and asks_to_hear(phrases[condition - 1]))
