"""A model that looks like a hosted one: what it says is scripted, and every answer cost tokens and money."""

from decimal import Decimal

from saudager.providers.llm import Answered, Briefing, Call, Decision, Verdict
from saudager.providers.llm.scripted import ScriptedModel

LIE = "Двустворчатое окно 1500×1500 «Премиум 76» стоит 99 000 ₸."
TRUE = "Двустворчатое окно 1500×1500 в профиле «Премиум 76» стоит 131 000 ₸."
CUSTOMER = Verdict(is_client=True, confidence=0.97, reasoning="Спрашивает <b>цену</b> окна.")


class Hosted(ScriptedModel):
    """Before its first answer another engine has failed; ``usd`` is what an answer cost, None when nobody knows."""

    hosted = True

    def __init__(self, *replies: str | Decision, usd: str | None = "0.0002") -> None:
        super().__init__(replies, everybody=CUSTOMER)
        self.name = "gemini"
        self._usd = None if usd is None else Decimal(usd)

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        answered = await super().decide(briefing)
        failed = Call("openrouter", "some/model", cost=Decimal(0), took_ms=40.0, fault="timeout")
        call = Call("gemini", "gemini-flash", 1100, 51, 900, self._usd, 640.0)
        first = len(self.briefings) == 1
        return Answered(answered.value, self.name, (failed, call) if first else (call,))
