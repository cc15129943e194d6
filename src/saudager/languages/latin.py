"""Kazakh and Russian typed in Latin letters, put back into Cyrillic."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, product

from saudager.languages import russian

_KAZAKH_LETTERS = {
    **{"sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "gh": "г", "ts": "ц", "ya": "иа", "yu": "иу", "ş": "ш", "ğ": "г"},
    **dict(zip("abdefghijklmnopqrstuvwxyz", "абдефгхижклмнопкрстувухиз", strict=True)),
    **dict(zip("äáıíöóüúūñńýğ", "ааииооуууннуг", strict=True)),
    **{"c": "с", "'": "", "’": "", "-": "-"},
}
_KAZAKH_PIECE = re.compile("sh|ch|zh|kh|gh|ts|ya|yu|.")
_USUAL_SPELLINGS = """
est=есть esti=есть den=день dobri=добрый dobry=добрый dobryj=добрый eto=это net=нет da=да na=на i=и v=в s=с u=у k=к
o=о a=а do=до po=по za=за iz=из ot=от ne=не li=ли ili=или my=мы vy=вы ty=ты no=но to=то vas=вас vam=вам mne=мне
kak=как gde=где chto=что shto=что skoka=сколько skolka=сколько skolki=скольки dostafka=доставка cena=цена sena=цена
tsena=цена zdrastvuite=здравствуйте zdravstvuite=здравствуйте zdravstvuyte=здравствуйте spasibo=спасибо
mojno=можно mozno=можно nujno=нужно nuzno=нужно hochu=хочу xochu=хочу kupit=купить dver=дверь
kakie=какие kakaya=какая kakoi=какой kakoy=какой kakoe=какое privet=привет skolko=сколько
"""
_USUAL = dict(pair.split("=") for pair in _USUAL_SPELLINGS.split())
_RUSSIAN_PIECES = """
shch=щ sch=щ,сч sh=ш ch=ч zh=ж kh=х ts=ц,тс ya=я,ья ja=я,жа ia=ия,я yu=ю ju=ю iu=ю yo=е ye=е,ые iy=ий,ый ij=ий,ый yi=ый
yj=ый ii=ии,ий iya=ия aya=ая ay=ай oy=ой ey=ей uy=уй ai=ай,аи oi=ой,ои ei=ей,еи ui=уй,уи
a=а b=б c=ц,с,к d=д e=е,э f=ф g=г h=х i=и,ы,й j=ж,й k=к l=л,ль m=м n=н,нь o=о p=п q=к r=р,рь s=с t=т,ть u=у v=в w=в,ш
x=х,кс y=ы,й,и z=з,ж '=ь ’=ь
"""
_CHUNKS = {
    latin: tuple(letters.split(",")) for latin, letters in (piece.split("=") for piece in _RUSSIAN_PIECES.split())
}
_SPELLINGS_TRIED = 96
_SAID_NOT_NAMED = frozenset({"VERB", "INFN", "ADVB", "NPRO", "PRED"})


def kazakh_from_latin(word: str) -> str:
    """«qansha» as «канша», «turady» as «туради»; letters no table knows stay."""
    return _KAZAKH_PIECE.sub(lambda piece: _KAZAKH_LETTERS.get(piece.group(), piece.group()), word)


@lru_cache(maxsize=5_000)
def russian_from_latin(word: str) -> str | None:
    """The Russian word a customer typed in Latin letters («skolko»), None where none is known."""
    if usual := _USUAL.get(word):
        return usual
    if len(word) < 3:
        return None
    chunks = _chunks(word)
    simplest = [chunk[:1] for chunk in chunks]
    tries = [
        simplest,
        *([*simplest[:at], chunk[1:], *simplest[at + 1 :]] for at, chunk in enumerate(chunks) if len(chunk) > 1),
        chunks,
    ]
    spelled = ("".join(letters) for choice in tries for letters in product(*choice))
    return next((one for one in islice(spelled, _SPELLINGS_TRIED) if russian.is_known(one)), None)


def is_russian_line(words: Iterable[str]) -> bool:
    """Whether Latin words are a Russian line and not names alone: a verb or a question word is among them."""
    known = [found for word in words if len(word) > 3 and (found := russian_from_latin(word))]
    return any(one in _USUAL.values() or russian.part_of_speech(one) in _SAID_NOT_NAMED for one in known)


def _chunks(word: str) -> list[tuple[str, ...]]:
    """What each piece of a Latin spelling may stand for; a letter no table knows stands for itself."""
    found: list[tuple[str, ...]] = []
    at = 0
    while at < len(word):
        size = next((size for size in (4, 3, 2, 1) if word[at : at + size] in _CHUNKS), 0)
        found.append(_CHUNKS[word[at : at + size]] if size else (word[at],))
        at += size or 1
    return found
