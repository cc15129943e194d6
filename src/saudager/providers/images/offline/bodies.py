"""Cars' bodies as figures: outlines in metres, the front at x = 0, the ground at y = 0."""

import re
from dataclasses import dataclass

from saudager.providers.images.offline.geometry import Flat


@dataclass(frozen=True, slots=True)
class Body:
    """``roofline``: the outline from bumper to bumper; ``belt``: where the windows begin; ``windscreen`` and
    ``back_window``: from which x to which; ``panes``: where side windows part; ``doors``: their gaps."""

    roofline: tuple[Flat, ...]
    belt: tuple[Flat, ...]
    windscreen: Flat
    back_window: Flat
    panes: tuple[Flat, ...]
    doors: tuple[float, ...]
    axles: Flat
    half_width: float = 0.92
    wheel: float = 0.335
    floor: float = 0.21
    tumble: float = 0.34
    rugged: bool = False
    open_from: Flat | None = None
    """What is open above from x to x: a cabriolet's seats, a pickup's bed."""
    has_seats: bool = False

    @property
    def length(self) -> float:
        return self.roofline[-1][0]


SEDAN = Body(
    roofline=((0, 0.56), (0, 0.66), (0.1, 0.74), (0.55, 0.87), (1.3, 0.98), (2.1, 1.40), (2.75, 1.46), (3.4, 1.41),
              (4.12, 1.12), (4.72, 1.09), (4.84, 1.04), (4.88, 0.8), (4.88, 0.6)),
    belt=((1.2, 0.92), (4.3, 1.02)), windscreen=(1.42, 2.08), back_window=(3.45, 4.05),
    panes=((1.5, 2.68), (2.74, 3.98)), doors=(1.48, 2.71, 3.66), axles=(0.96, 3.78),
)  # fmt: skip
HATCHBACK = Body(
    roofline=((0, 0.58), (0, 0.68), (0.1, 0.77), (0.5, 0.91), (1.08, 1.02), (1.82, 1.44), (2.5, 1.5), (3.4, 1.46),
              (3.72, 1.40), (4.02, 1.02), (4.06, 0.85), (4.06, 0.6)),
    belt=((1.0, 0.95), (3.9, 1.04)), windscreen=(1.18, 1.8), back_window=(3.72, 3.99),
    panes=((1.28, 2.32), (2.38, 3.52)), doors=(1.28, 2.35, 3.22), axles=(0.82, 3.36), half_width=0.88,
)  # fmt: skip
WAGON = Body(
    roofline=((0, 0.57), (0, 0.67), (0.1, 0.75), (0.55, 0.88), (1.3, 0.99), (2.05, 1.42), (2.7, 1.49), (4.0, 1.46),
              (4.42, 1.40), (4.76, 1.02), (4.8, 0.85), (4.8, 0.6)),
    belt=((1.2, 0.93), (4.6, 1.02)), windscreen=(1.42, 2.03), back_window=(4.42, 4.72),
    panes=((1.5, 2.6), (2.66, 3.6), (3.66, 4.42)), doors=(1.48, 2.63, 3.55), axles=(0.94, 3.72), rugged=False,
)  # fmt: skip
SUV = Body(
    roofline=((0, 0.72), (0, 0.9), (0.08, 0.99), (0.5, 1.1), (1.25, 1.18), (1.9, 1.63), (2.5, 1.71), (3.7, 1.68),
              (4.15, 1.61), (4.48, 1.2), (4.56, 1.0), (4.6, 0.75)),
    belt=((1.1, 1.1), (4.4, 1.19)), windscreen=(1.34, 1.9), back_window=(4.16, 4.42),
    panes=((1.42, 2.5), (2.56, 3.5), (3.56, 4.14)), doors=(1.4, 2.53, 3.48), axles=(0.9, 3.6),
    half_width=0.95, wheel=0.385, floor=0.30, rugged=True,
)  # fmt: skip
COUPE = Body(
    roofline=((0, 0.5), (0, 0.6), (0.1, 0.69), (0.6, 0.82), (1.5, 0.92), (2.25, 1.26), (2.75, 1.31), (3.25, 1.26),
              (4.1, 0.98), (4.46, 0.94), (4.58, 0.9), (4.62, 0.7), (4.62, 0.52)),
    belt=((1.4, 0.86), (4.2, 0.93)), windscreen=(1.6, 2.24), back_window=(3.3, 4.0),
    panes=((1.66, 3.0), (3.06, 3.74)), doors=(1.6, 3.05), axles=(0.95, 3.62), floor=0.17, wheel=0.345, tumble=0.4,
)  # fmt: skip
PICKUP = Body(
    roofline=((0, 0.74), (0, 0.95), (0.08, 1.04), (0.5, 1.13), (1.25, 1.19), (1.85, 1.66), (2.4, 1.76), (3.1, 1.75),
              (3.42, 1.66), (3.5, 1.16), (3.62, 1.12), (5.2, 1.12), (5.28, 1.1), (5.3, 0.9), (5.3, 0.66)),
    belt=((1.1, 1.1), (3.6, 1.14), (5.3, 1.3)), windscreen=(1.32, 1.84), back_window=(3.40, 3.5),
    panes=((1.38, 2.36), (2.42, 3.3)), doors=(1.36, 2.39, 3.36), axles=(0.95, 4.15),
    half_width=0.95, wheel=0.39, floor=0.34, rugged=True, open_from=(3.62, 5.2),
)  # fmt: skip
VAN = Body(
    roofline=((0, 0.62), (0, 0.8), (0.08, 0.92), (0.5, 1.08), (0.85, 1.18), (1.75, 1.72), (2.3, 1.82), (4.3, 1.82),
              (4.74, 1.76), (4.9, 1.3), (4.94, 1.0), (4.95, 0.66)),
    belt=((0.8, 1.04), (4.8, 1.13)), windscreen=(0.98, 1.74), back_window=(4.75, 4.88),
    panes=((1.12, 2.3), (2.36, 3.5), (3.56, 4.62)), doors=(1.3, 2.33, 3.53), axles=(0.94, 4.0),
    half_width=0.96, wheel=0.345, floor=0.23, tumble=0.22,
)  # fmt: skip
CABRIOLET = Body(
    roofline=((0, 0.5), (0, 0.6), (0.1, 0.69), (0.6, 0.82), (1.5, 0.92), (1.75, 0.93), (3.4, 0.95), (4.1, 0.96),
              (4.46, 0.93), (4.58, 0.89), (4.62, 0.7), (4.62, 0.52)),
    belt=((1.4, 0.86), (4.2, 0.9)), windscreen=(1.62, 2.2), back_window=(0, 0),
    panes=(), doors=(1.6, 2.95), axles=(0.95, 3.62), floor=0.17, wheel=0.345, open_from=(1.85, 3.45), has_seats=True,
)  # fmt: skip

_WORDS = (
    (r"cabrio|convertible|roadster|spider|spyder|кабрио|родстер|спайдер", CABRIOLET),
    (r"pick.?up|пикап|truck|грузов", PICKUP),
    (r"suv|crossover|внедорожник|кроссовер|джип|jeep|4x4|жол талғамайтын", SUV),
    (r"\bvan|minivan|mpv|минив|вэн|фургон|микроавтобус|\bbus|компактвэн", VAN),
    (r"wagon|estate|universal|универсал|touring|avant|kombi|комби", WAGON),
    (r"hatch|хэтч|хетч|liftback|лифтб", HATCHBACK),
    (r"coup|купе|fastback", COUPE),
    (r"sedan|saloon|седан", SEDAN),
)


def body_of(written: str) -> Body:
    """The body somebody named, in Russian or English; a sedan when he did not."""
    plain = written.lower()
    return next((body for words, body in _WORDS if re.search(words, plain)), SEDAN)
