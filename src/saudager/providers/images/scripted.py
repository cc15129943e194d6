"""The engine that draws what it was told to: the double that ships, for tests, rehearsals and benches."""

import inspect
from collections.abc import Awaitable, Callable
from decimal import Decimal

from saudager.providers.images import Drawing, Drawn


class ScriptedImageModel:
    """``draws`` gives the file of a drawing, at once or after a while, or raises what the engine is to fail with;
    ``asked`` is what came, and each picture costs ``cost`` US dollars."""

    def __init__(
        self,
        draws: Callable[[Drawing], bytes | Awaitable[bytes]],
        *,
        name: str = "scripted",
        most_references: int = 4,
        reads_prompts: bool = True,
        cost: Decimal | None = None,
    ) -> None:
        self._draws = draws
        self.name = name
        self.model_id = f"{name}-1"
        self.most_references = most_references
        self.reads_prompts = reads_prompts
        self._cost = cost
        self.asked: list[Drawing] = []

    async def draw(self, asked: Drawing) -> Drawn:
        self.asked.append(asked)
        drawn = self._draws(asked)
        content = await drawn if inspect.isawaitable(drawn) else drawn
        return Drawn(content, self.model_id, self._cost)

    async def check(self) -> None:
        """It always draws."""

    async def close(self) -> None:
        """Nothing is held."""
