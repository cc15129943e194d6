"""The page in pieces: each piece of HTML has a key and a mark of its content, so that only what changed is sent."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from saudager import templates
from saudager.agent.explaining import Why
from saudager.demo import wording
from saudager.demo.reading import Reading
from saudager.demo.view import Line, Picture
from saudager.knowledge import documents, papers

SUGGESTIONS = (
    "Сколько стоит окно 1500×1500 в профиле «Премиум 76»?",
    "Сколько стоит доставка в Караганду?",
    "Какая гарантия на профиль «Премиум 76»?",
    "Есть ли рассрочка?",
)
_PACKAGE = "saudager.demo"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of the page; ``mark`` changes with the HTML."""

    key: str
    html: str
    mark: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What one look at the shop gives besides the picture: all that the page is drawn from."""

    picture: Picture
    reading: Reading
    typing: bool
    moving: bool
    zone: ZoneInfo


@dataclass(slots=True)
class Screen:
    """What one open page has got already."""

    scene: Scene | None = None
    marks: dict[str, str] = field(default_factory=dict)

    def update(self, scene: Scene) -> dict[str, Any] | None:
        """What must be sent to bring the page to this scene, or None: ``{"regions", "talk", "order"}``."""
        if scene == self.scene:
            return None
        self.scene = scene
        regions, talk = draw_regions(scene), draw_talk(scene)
        news = {
            "regions": [_as_json(one) for one in regions if self.marks.get(one.key) != one.mark],
            "talk": [_as_json(one) for one in talk if self.marks.get(one.key) != one.mark],
        }
        self.marks = {one.key: one.mark for one in [*regions, *talk]}
        return news | {"order": [one.key for one in talk], "moving": scene.moving}


def draw_talk(scene: Scene) -> list[Fragment]:
    """The chat, a fragment for each line and each day; for an empty one, what could be asked."""
    if not scene.picture.lines:
        return [_draw("hello", "hello.html", suggestions=SUGGESTIONS)]
    drawn = []
    for date, lines in groupby(scene.picture.lines, lambda line: line.at.astimezone(scene.zone).date()):
        drawn.append(_draw(f"day-{date}", "day.html", date=date))
        drawn += [_draw_line(line, scene.zone) for line in lines]
    return drawn


@lru_cache(maxsize=1000)
def _draw_line(line: Line, zone: ZoneInfo) -> Fragment:
    return _draw(f"line-{line.id}", "line.html", line=line, at=line.at.astimezone(zone))


def draw_regions(scene: Scene) -> list[Fragment]:
    """Everything else that changes."""
    picture, reading = scene.picture, scene.reading
    return [
        _draw("presence", "presence.html", typing=scene.typing, number=picture.chat.split("@")[0]),
        _draw("reading", "reading.html", reading=reading),
        _draw("papers", "papers.html", shelf=picture.papers, reading=reading),
        draw_why(picture.why, scene.zone),
        _draw("next", "next.html", next=picture.next, reading=reading, zone=scene.zone),
        _draw("desk", "desk.html", desk=picture.desk, zone=scene.zone),
        _draw("questions", "questions.html", questions=picture.questions, zone=scene.zone),
    ]


def draw_why(why: Why | None, zone: ZoneInfo, *, pinned: bool = False) -> Fragment:
    """The explanation of a turn; ``pinned`` when the visitor chose it, so that he can go back to the newest."""
    return _draw("why", "why.html", why=why, zone=zone, pinned=pinned)


def draw_page(scene: Scene, *, shop_name: str, hosted: bool, now: datetime) -> str:
    """The whole page as it is first sent."""
    local = now.astimezone(scene.zone)
    offset = local.utcoffset()
    assert offset is not None
    return templates.render(
        _PACKAGE,
        "page.html",
        say=wording,
        shop_name=shop_name,
        hosted=hosted,
        papers=papers,
        kinds=documents.SUFFIXES,
        regions={fragment.key: fragment for fragment in draw_regions(scene)},
        talk=draw_talk(scene),
        now=local,
        offset=int(offset.total_seconds()),
    )


def _draw(key: str, template: str, **values: Any) -> Fragment:
    html = templates.render(_PACKAGE, template, say=wording, **values).strip()
    return Fragment(key, html, sha256(html.encode()).hexdigest()[:12])


def _as_json(fragment: Fragment) -> dict[str, str]:
    return {"key": fragment.key, "html": fragment.html, "mark": fragment.mark}
