"""Pictures that may be shown to a customer: those a person accepted, found by what they show."""

import asyncio
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.colours import hex_of
from saudager.contracts import Media
from saudager.knowledge import lemmas
from saudager.knowledge.lemmas import Word
from saudager.languages import language_of, seeing
from saudager.languages.russian import lemma
from saudager.languages.sounds import sound_key
from saudager.languages.translation import in_russian
from saudager.orders.models import Product
from saudager.providers.channels import LARGEST_PICTURE, PICTURE_KINDS
from saudager.studio.drawing import chat_form_of
from saudager.studio.models import Picture, PictureSeries, Verdict
from saudager.words import normalise

MOST = 3
"""Pictures sent at once."""
_LONGEST_SIDE, _QUALITY = 1600, 88
_LATIN, _CYRILLIC = re.compile("[A-Za-z]"), re.compile("[А-Яа-яЁё]")
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_SHORTEST_NAME, _LONGEST_ENDING = 4, 4
_SAYS_NOTHING = re.compile(
    r"(?:при|вы|от|пере|по)?(?:сл|шл)ать|отправ\w+|скинуть|кинуть|показ\w+|(?:по)?смотреть|(?:у)?видеть|глянуть|получить"
    r"|фото\w*|фотк\w+|картинк\w+|изображени\w+|снимок|выглядеть|смотреться|вживую|живой|реальный|покрупнее|пример"
    r"|какой|пожалуйста|ваш|другой|весь|цвет|ракурс|вид|ещё|еще|авто|машина|товар|модель"
)
_ANGLES = {
    "front": r"спереди|перед|фронт\w*|front",
    "side": r"сбоку|бок|боковой|профиль|side",
    "rear": r"сзади|зад|задний|rear|back",
    "interior": r"салон|внутри|интерьер|внутренний|interior|inside",
    "detail": r"деталь|вблизи|крупно|detail",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture a person accepted; ``name`` is that of its file, with no ending."""

    id: int
    title: str
    angle: str
    path: str
    mime_type: str
    size: int
    name: str


@dataclass(slots=True)
class _Named:
    """What words name: a thing, and how it is told from others."""

    names: list[Word] = field(default_factory=list)
    """In Russian, as far as they are words of a language."""
    said: list[Word] = field(default_factory=list)
    """As they stand."""
    colours: set[str] = field(default_factory=set)
    years: set[str] = field(default_factory=set)
    angles: set[str] = field(default_factory=set)


def fitting(session: Session, texts: Sequence[str], *, called: Mapping[str, tuple[str, ...]]) -> list[Shown]:
    """Accepted pictures of what is asked for, at most ``MOST`` and the same thing's first; none when none surely is.

    The first of ``texts`` that names a thing tells which; what the ones before it say of colour and angle holds for it.
    ``called`` are the merchant's synonyms.
    """
    accepted = _accepted(session)
    wanted = _wanted(texts, called) if accepted else _Named()
    if not wanted.names:
        return []
    others = {word for one in accepted for word in one.known}
    scored = [
        (score, shown) for one in accepted if (score := _score(wanted, one, others)) and (shown := _angled(wanted, one))
    ]
    best = max((score for score, _ in scored), default=0)
    in_turn = zip_longest(*(shown for score, shown in scored if score == best))
    return [one for one in chain.from_iterable(in_turn) if one is not None][:MOST]


def accepted(session: Session, ids: Sequence[int]) -> set[int]:
    """Which of these pictures may be shown still."""
    may = select(Picture.id).where(Picture.id.in_(ids), Picture.verdict == Verdict.ACCEPTED)
    return set(session.scalars(may))


async def ready_for_chat(app: App, shown: Shown) -> Media:
    """The picture as messengers take it: JPEG or PNG of at most 5 MB, made anew beside its file where it is not.

    Raises NotFound when its file is gone.
    """
    path, mime_type = shown.path, shown.mime_type
    if mime_type not in PICTURE_KINDS or shown.size > LARGEST_PICTURE:
        path, mime_type = chat_form_of(shown.path), "image/jpeg"
        if not await app.media.has(path):
            content = await asyncio.to_thread(_as_jpeg, await app.media.get(shown.path))
            await app.media.put(path, content, mime_type=mime_type, now=app.clock.now())
    elif not await app.media.has(path):
        await app.media.get(path)
    address = app.settings.console_address
    return Media(
        path=path,
        mime_type=mime_type,
        file_name=f"{shown.name}.{'png' if mime_type == 'image/png' else 'jpg'}",
        link=f"{address}{shown.path}" if address.startswith("https://") else None,
    )


@dataclass(frozen=True, slots=True)
class _Series:
    """A series with what it is told by: ``known`` are all its words, ``key`` those that tell it from things alike."""

    known: list[str]
    key: list[str]
    colours: set[str]
    years: set[str]
    pictures: list[Shown]


def _accepted(session: Session) -> list[_Series]:
    rows = session.execute(
        select(PictureSeries, Picture, Product.name)
        .join(Picture, Picture.series_id == PictureSeries.id)
        .outerjoin(Product, Product.id == PictureSeries.product_id)
        .where(Picture.verdict == Verdict.ACCEPTED, Picture.path.is_not(None))
        .order_by(PictureSeries.id.desc(), Picture.number)
    ).all()
    of_series: dict[int, tuple[PictureSeries, str, list[Shown]]] = {}
    for series, picture, product in rows:
        shown = Shown(
            picture.id,
            series.title,
            picture.angle,
            picture.path or "",
            picture.mime_type or "",
            picture.size or 0,
            f"{series.session_id}-{picture.number + 1}",
        )
        of_series.setdefault(series.id, (series, product or "", []))[2].append(shown)
    return [_told_by(series, product, shown) for series, product, shown in of_series.values()]


def _told_by(series: PictureSeries, product: str, pictures: list[Shown]) -> _Series:
    told, subject = _read(f"{series.title} {product}", {}), series.subject
    colour = hex_of(str(subject.get("color") or ""))
    key = str(subject.get("model") or subject.get("brand")) if subject["kind"] == "car" else _proper(series.title)
    return _Series(
        known=[word.token for word in (*told.names, *told.said)],
        key=list(lemmas.tokens(key)),
        colours=told.colours | ({colour} if colour else set()),
        years=told.years,
        pictures=pictures,
    )


def _proper(title: str) -> str:
    """The words of a title that are a name of its own: in quotes, in capitals or Latin letters, or with figures."""
    quoted = " ".join(re.findall(r"[«\"“]([^»\"”]+)[»\"”]", title))
    words = re.findall(r"[\w-]+", title)
    named = [word for word in words[1:] if word[0].isupper() or re.search(r"\d", word)]
    latin = [word for word in words if re.fullmatch(r"[A-Za-z][\w-]*", word)]
    return " ".join([quoted, *named, *(latin if len(latin) < len(words) else [])])


def _wanted(texts: Sequence[str], called: Mapping[str, tuple[str, ...]]) -> _Named:
    wanted = _Named()
    for text in texts:
        part, whole = _read(seeing.about(text), called), _read(text, called)
        for read in (part, whole):
            wanted.colours, wanted.years = wanted.colours or read.colours, wanted.years or read.years
            wanted.angles = wanted.angles or read.angles
        named = part if part.names else whole
        wanted.names, wanted.said = named.names, named.said
        if wanted.names:
            break
    return wanted


def _read(text: str, called: Mapping[str, tuple[str, ...]]) -> _Named:
    named = _Named()
    named.said = [Word(word) for word in re.findall(r"\w+", normalise(text))]
    language = language_of(text)
    is_latin = len(_LATIN.findall(text)) > len(_CYRILLIC.findall(text))
    plain = in_russian(text, language) if is_latin or language != "ru" else text
    typed = {lemma(one.token): (one.token,) for one in named.said}
    for word in lemmas.of_question(plain.replace("/", " "), called):
        if shade := hex_of(word.token):
            named.colours.add(shade)
        elif _YEAR.fullmatch(word.token):
            named.years.add(word.token)
        elif angle := next((angle for angle, said in _ANGLES.items() if re.fullmatch(said, word.token)), None):
            named.angles.add(angle)
        elif not _SAYS_NOTHING.fullmatch(word.token):
            named.names.append(Word(word.token, (*word.synonyms, *typed.get(word.token, ()))))
    return named


def _score(wanted: _Named, series: _Series, others: Collection[str]) -> int:
    """How much of what is asked for it is; 0: it may be another thing. What is asked for may have words beside its name
    («Камри в такси»), if they name none of the ``others``."""
    if wanted.colours and not wanted.colours & series.colours:
        return 0
    if wanted.years and series.years and not wanted.years & series.years:
        return 0
    of_angles = [word for one in series.pictures for word in re.findall(r"\w+", one.angle)]
    hits = [word for word in wanted.names if _is_among(word, series.known)]
    strangers = [word for word in wanted.names if word not in hits and not _is_among(word, of_angles)]
    said = [*wanted.names, *wanted.said]
    is_another = any(_is_among(word, others) for word in strangers)
    is_named = (
        not is_another and bool(series.key) and all(any(_is_among(word, [key]) for word in said) for key in series.key)
    )
    if not hits or (strangers and not is_named):
        return 0
    return len(hits) + len(wanted.colours & series.colours) + len(wanted.years & series.years)


def _angled(wanted: _Named, series: _Series) -> list[Shown]:
    """Its pictures from the angles that are asked for, in words of the merchant's own too; all when none is."""
    own = [
        one for one in series.pictures if any(_is_among(word, re.findall(r"\w+", one.angle)) for word in wanted.names)
    ]
    if wanted.angles:
        return [one for one in series.pictures if one.angle in wanted.angles] or own
    return own or series.pictures


def _is_among(word: Word, tokens: Collection[str]) -> bool:
    return any(_is_same(one, token) for one in word for token in tokens)


def _is_same(asked: str, known: str) -> bool:
    """The same word, or one name in two alphabets, with an ending the lemma has not lost."""
    if asked == known:
        return True
    heard, named = sound_key(asked), sound_key(known)
    if min(len(heard), len(named)) < _SHORTEST_NAME or re.search(r"\d", asked + known):
        return False
    return heard.startswith(named) and len(heard) - len(named) <= _LONGEST_ENDING


def _as_jpeg(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        opened = image.convert("RGBA")
    plain = Image.new("RGB", opened.size, "white")
    plain.paste(opened, mask=opened.getchannel("A"))
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
