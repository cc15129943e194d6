"""What a call cost when its vendor does not say."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from saudager.providers.llm import Call

_VENDORS = {"openrouter": "openrouter", "gemini": "google", "openai": "openai"}
"""Our engines as genai-prices calls them."""
_OWN_SERVER = "compatible"
_MILLION = 1_000_000


class Prices:
    """The merchant's own prices first, then the price list that ships with genai-prices (MIT, a table inside the
    package: nothing is fetched, https://github.com/pydantic/genai-prices). A model on one's own server is free unless
    a price is set.
    """

    def __init__(self, own: dict[str, tuple[Decimal, Decimal]] | None = None) -> None:
        """``own``: US dollars per million tokens in and out, by model id."""
        self._own = own or {}

    @classmethod
    def read(cls, written: str) -> Self:
        """From ``my-model=0.5/1.5, other=1/2``, the form of MODEL_PRICES."""
        own = {}
        for entry in filter(None, (part.strip() for part in written.split(","))):
            model, _, prices = entry.rpartition("=")
            into, out = prices.split("/")
            own[model] = Decimal(into), Decimal(out)
        return cls(own)

    def load(self) -> None:
        """Read the price list in (200 ms), so that no call waits for it; may be done in a thread."""
        self._listed(Call("openai", "gpt-4o", tokens_in=1), None)

    def of(self, call: Call, *, at: datetime, draws: bool = False, hears: bool = False) -> Decimal | None:
        """US dollars, tokens from the prompt cache at their own price, and those that came as well when the answer is a
        picture (``draws``), those that went when they are a recording (``hears``); None when nobody knows the model's
        price."""
        if call.model in self._own:
            into, out = self._own[call.model]
            return (call.tokens_in * into + call.tokens_out * out) / _MILLION
        if call.engine == _OWN_SERVER:
            return Decimal(0)
        return self._listed(call, at, draws=draws, hears=hears)

    def _listed(self, call: Call, at: datetime | None, *, draws: bool = False, hears: bool = False) -> Decimal | None:
        from genai_prices import Usage, calc_price

        usage = Usage(
            input_tokens=call.tokens_in,
            cache_read_tokens=min(call.tokens_cached, call.tokens_in),
            input_audio_tokens=call.tokens_in if hears else 0,
            output_tokens=call.tokens_out,
            output_image_tokens=call.tokens_out if draws else 0,
        )
        try:
            vendor = _VENDORS.get(call.engine, call.engine)
            return calc_price(usage, call.model, provider_id=vendor, genai_request_timestamp=at).total_price
        except LookupError:
            return None
