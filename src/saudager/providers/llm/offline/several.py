"""Several things asked for at once: each is answered by itself, and they are added up where one sum is wanted."""

import re
from collections.abc import Callable, Iterator, Sequence

from saudager.languages import Language
from saudager.providers.llm.offline import phrases
from saudager.providers.llm.offline.answers import Answer
from saudager.providers.llm.offline.questions import Question, question
from saudager.providers.llm.offline.saying import money

_JOINTS = re.compile(
    r"\s+(?:и|плюс|да|а\s+также|вместе\s+с|с|со|and|plus|with|мен|пен|бен|және|жане)\s+|\s*\+\s*|,\s+", re.IGNORECASE
)
_MOST_JOINTS = 4


def several(asked: Question, whole: Sequence[Answer], tell: Callable[[Question], list[Answer]]) -> list[Answer]:
    """The price of each of two things and more that the question names, or nothing when it is about one thing.

    ``whole`` is the answer to the question as it stands: when it rests on all that is named, there is only one thing.
    """
    words = {term.key for term in asked.firm if term.word}
    if "price" not in asked.wants or len(words) < 2 or words <= frozenset().union(*(one.named for one in whole)):
        return []
    for left, right in _halves(asked):
        first = tell(left)
        if not _is_one_price(first):
            continue
        second = tell(right)
        others = second if _is_one_price(second) else several(right, second, tell)
        if others and first[0].said not in {other.said for other in others}:
            return [*first, *others]
    return []


def added_up(answers: Sequence[Answer], language: Language) -> Answer | None:
    """«Вместе 8 700 ₸ + 18 900 ₸ = 27 600 ₸»."""
    amounts = [answer.amount for answer in answers if answer.amount]
    if len(amounts) < 2 or len(amounts) < len(answers):
        return None
    said = f"{phrases.TOGETHER[language]} {' + '.join(map(money, amounts))} = {money(sum(amounts))}"
    return Answer(said, (), amount=sum(amounts), priced=True, want="price")


def _halves(asked: Question) -> Iterator[tuple[Question, Question]]:
    """The question cut in two at each «и», «плюс», comma, where both sides name a thing."""
    for joint in list(_JOINTS.finditer(asked.text))[:_MOST_JOINTS]:
        halves = [question(part) for part in (asked.text[: joint.start()], asked.text[joint.end() :])]
        if all(any(term.firm and term.word for term in half.terms) for half in halves):
            left, right = (_priced(half) for half in halves)
            yield left, right


def _priced(half: Question) -> Question:
    return half if "price" in half.wants else question(f"{half.text} цена")


def _is_one_price(answers: Sequence[Answer]) -> bool:
    return len(answers) == 1 and answers[0].priced and bool(answers[0].amount) and not answers[0].open
