"""The engine that draws what it was told to: the double that ships, for tests, rehearsals and benches."""

from collections.abc import Callable

from saudager.providers.images import Drawing, Drawn


class ScriptedImageModel:
    """``draws`` gives the file of a drawing, or raises what the engine is to fail with; ``asked`` is what came."""

    def __init__(
        self,
        draws: Callable[[Drawing], bytes],
        *,
        name: str = "scripted",
        most_references: int = 4,
        keeps_to_seeds: bool = True,
    ) -> None:
        self._draws = draws
        self.name = name
        self.model_id = f"{name}-1"
        self.most_references = most_references
        self.keeps_to_seeds = keeps_to_seeds
        self.asked: list[Drawing] = []

    async def draw(self, asked: Drawing) -> Drawn:
        self.asked.append(asked)
        return Drawn(self._draws(asked), self.model_id)

    async def check(self) -> None:
        """It always draws."""

    async def close(self) -> None:
        """Nothing is held."""
