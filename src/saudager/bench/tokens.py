"""How many tokens a request is, how many of them a vendor's prompt cache may hold, and what that costs by the list.

Tokens are those of OpenAI's o200k vocabulary when ``bpe-openai`` is installed (``pip install 'saudager[bench]'``; the
vocabulary lies in the package, nothing is fetched), otherwise three letters each. Other vendors cut words otherwise, so
money is that of the list price for these tokens, not a bill.
"""

import bisect
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.util import find_spec

from saudager.engines.prices import Prices
from saudager.providers.llm import Call
from saudager.settings import Settings

_LETTERS_A_TOKEN = 3
_SMALLEST_CACHED, _STEP_CACHED = 1024, 128
"""OpenAI's (https://platform.openai.com/docs/guides/prompt-caching, 2026-11); the others' are near."""


def counted_by() -> str:
    """How ``count`` counts here."""
    return "o200k" if find_spec("bpe_openai") else "letters/3"


def count(text: str) -> int:
    return _counter()(text)


@cache
def _counter() -> Callable[[str], int]:
    if find_spec("bpe_openai") is None:
        return lambda text: -(-len(text) // _LETTERS_A_TOKEN)
    import bpe_openai

    vocabulary = bpe_openai.get_encoding("o200k_base")
    return lambda text: len(vocabulary.encode(text))


class PromptCache:
    """A vendor that forgets nothing: the most of a request its prompt cache can take from an earlier one."""

    def __init__(self) -> None:
        self._seen: list[str] = []

    def taken(self, request: str) -> int:
        """Tokens of the longest beginning this request shares with one before; the request is kept."""
        at = bisect.bisect(self._seen, request)
        beside = self._seen[max(0, at - 1) : at + 1]
        shared = max((_shared(request, other) for other in beside), default=0)
        self._seen.insert(at, request)
        tokens = count(request[:shared]) // _STEP_CACHED * _STEP_CACHED
        return tokens if tokens >= _SMALLEST_CACHED else 0


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def usual_models() -> list[tuple[str, str]]:
    """(engine, model) pairs money is told for: those the product is set to until somebody sets others, and the one the
    project's documents name."""
    fields = Settings.model_fields
    return [
        ("gemini", str(fields["gemini_model"].default)),
        ("openai", str(fields["openai_model"].default)),
        ("openai", "gpt-4o-mini"),
    ]


def dollars(model: tuple[str, str], into: int, out: int, cached: int, *, at: datetime) -> float:
    """What the price list of ``genai-prices`` says for a request; raises LookupError for a model it does not know."""
    cost = Prices().of(Call(*model, into, out, cached), at=at)
    if cost is None:
        raise LookupError(f"the price list does not know {model[1]}")
    return float(cost)
