"""One figure of several contenders as bars: an SVG with a ground of its own, legible on a light page and a dark one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_WIDTH, _LEFT, _RIGHT, _TOP, _STEP, _BAR = 760, 250, 120, 62, 34, 20
_STYLE = (
    "text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#1f2328}"
    ".title{font-size:16px;font-weight:600}.unit{fill:#59636e;font-size:13px}"
    ".ground{fill:#fff;stroke:#d1d9e0}.ours{fill:#0969da}.other{fill:#afb8c1}.reach{stroke:#1f2328;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.unit{fill:#9198a1}.ground{fill:#0d1117;stroke:#3d444d}"
    ".ours{fill:#4493f8}.other{fill:#656c76}.reach{stroke:#f0f6fc}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """``low`` and ``high`` are the ends of its interval, if it has one; ``ours`` is drawn in the product's colour."""

    label: str
    value: float
    ours: bool = False
    low: float | None = None
    high: float | None = None


def draw(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """The chart; ``unit`` says in words what is counted and whether more or less is better."""
    most = max((max(bar.value, bar.high or 0) for bar in bars), default=0) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    height = _TOP + _STEP * len(bars) + 10
    said = "; ".join(f"{bar.label}: {_written(bar.value)}" for bar in bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label={quoteattr(f"{title} ({unit}): {said}")}>',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="16" y="28">{escape(title)}</text>',
        f'<text class="unit" x="16" y="48">{escape(unit)}</text>',
    ]
    for place, bar in enumerate(bars):
        lines += _drawn(bar, _TOP + _STEP * place, scale)
    return "\n".join([*lines, "</svg>", ""])


def _drawn(bar: Bar, top: int, scale: float) -> Iterator[str]:
    middle = top + _BAR / 2
    yield f'<text x="{_LEFT - 12}" y="{middle + 5:g}" text-anchor="end">{escape(bar.label)}</text>'
    kind = "ours" if bar.ours else "other"
    yield f'<rect class="{kind}" x="{_LEFT}" y="{top}" width="{bar.value * scale:.1f}" height="{_BAR}" rx="3"/>'
    end = _LEFT + bar.value * scale
    if bar.low is not None and bar.high is not None:
        low, end = _LEFT + bar.low * scale, max(end, _LEFT + bar.high * scale)
        yield f'<line class="reach" x1="{low:.1f}" x2="{end:.1f}" y1="{middle:g}" y2="{middle:g}"/>'
    yield f'<text x="{end + 8:.1f}" y="{middle + 5:g}">{_written(bar.value)}</text>'


def _written(value: float) -> str:
    """1234.5 → «1 234», 12.34 → «12.3», 0.00123 → «0.00123»."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.1f}" if value >= 1 else f"{value:.3g}"
