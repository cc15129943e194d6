"""Makes of cars as people in Kazakhstan write them, and the models they are best known for; a star marks a word
that means other things too."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

_MAKES = """
Toyota: тойота
Lexus: лексус
Hyundai: хендай хендэ хундай хёндэ хюндай хендэй
Kia: киа кия
Chevrolet: шевроле шевролет chevy
Volkswagen: фольксваген фольцваген vw
Mercedes-Benz: мерседес мерс мерседес-бенц mercedes mercedes_benz
BMW: бмв бэха
Audi: ауди
Nissan: ниссан нисан
Infiniti: инфинити
Honda: хонда
Acura: акура
Mazda: мазда
Mitsubishi: митсубиси мицубиси мицубиши митсубиши
Subaru: субару
Suzuki: сузуки
Isuzu: исузу
Daihatsu: дайхатсу
Daewoo: дэу деу
Ravon: равон
SsangYong: ссангйонг санг_йонг ssang_yong
Genesis*: дженезис генезис
Ford: форд
Opel: опель
Škoda: шкода skoda
Renault: рено
Peugeot: пежо
Citroën: ситроен citroen
Fiat: фиат
Alfa Romeo: альфа_ромео
SEAT*: сеат
Volvo: вольво
Saab: сааб
Jaguar: ягуар*
Land Rover: ленд_ровер лэнд_ровер land_rover ленд-ровер
MINI*: мини_купер mini_cooper
Rolls-Royce: роллс-ройс rolls_royce роллс_ройс
Bentley: бентли
Aston Martin: астон_мартин
Ferrari: феррари
Lamborghini: ламборгини ламборджини
Maserati: мазерати
Porsche: порше порш
Tesla: тесла
Jeep:
Dodge: додж
Chrysler: крайслер
Cadillac: кадиллак кадилак
Lincoln*: линкольн*
GMC:
RAM*:
Hummer: хаммер
LADA: лада ваз* жигули vaz
ГАЗ*: gaz
УАЗ: uaz
Москвич: moskvich
Chery: чери черри
Geely: джили джилли
Haval: хавал хавейл
Great Wall: грейт_вол
Changan: чанган чанъань
JAC: джак* жак*
Jetour: джетур
EXEED: эксид
OMODA: омода
JAECOO: джейку
FAW: фав
DongFeng: донгфенг дунфэн
BYD: бивайди
Zeekr: зикр*
Li Auto: lixiang ли_авто лисян li_xiang
GAC: гак
Hongqi: хунцы хончи
Tank*: танк*
Voyah: воях
Kaiyi: кайи
"""
_MODELS = """
Toyota sedan: camry камри, corolla королла, avalon* авалон*, mark_ii, avensis авенсис
Toyota suv: rav4 рав4, rav_4, highlander хайлендер, land_cruiser ленд_крузер крузак, prado прадо
Toyota suv: fortuner фортунер, venza венза
Toyota pickup: hilux хайлюкс, tundra тундра
Toyota van: alphard альфард, sienna сиенна, estima эстима
Toyota hatchback: yaris ярис, prius приус
Lexus suv: rx, lx, gx, nx
Lexus sedan: es, gs
Hyundai sedan: elantra элантра, sonata соната, accent* акцент*, solaris солярис
Hyundai suv: tucson туссан туксон, creta крета, santa_fe санта_фе, palisade
Hyundai van: starex старекс, staria стария
Kia sedan: rio* рио*, cerato церато серато, k5, optima* оптима
Kia suv: sportage спортейдж, sorento соренто, seltos селтос
Kia van: carnival* карнивал*
Kia hatchback: picanto пиканто
Chevrolet sedan: cobalt* кобальт*, nexia нексия, malibu малибу, lacetti лачетти, onix оникс, cruze круз
Chevrolet suv: tracker* трекер*, captiva каптива, tahoe тахо, equinox
Chevrolet hatchback: spark* спарк
Volkswagen sedan: polo* поло*, passat пассат, jetta джетта
Volkswagen suv: tiguan тигуан, touareg туарег, teramont
Volkswagen hatchback: golf* гольф*
Škoda sedan: octavia октавия, rapid* рапид, superb*
Škoda suv: kodiaq кодиак, karoq
Mercedes-Benz suv: gle, gls, glc, gelandewagen гелендваген гелик
Mercedes-Benz sedan: e-класс e-class s-класс s-class c-класс c-class
Mercedes-Benz van: vito вито, sprinter спринтер
BMW suv: x5 х5, x3, x6, x7
Audi suv: q5, q7, q3, q8
Nissan suv: qashqai кашкай, x-trail, patrol* патрол, juke* жук*, terrano
Nissan sedan: almera альмера, teana теана
Honda suv: cr-v, hr-v, pilot*
Honda sedan: accord* аккорд*, civic* цивик
Mazda suv: cx-5, cx-7, cx-9, cx5
Mitsubishi suv: outlander аутлендер, pajero паджеро, asx, montero*
Mitsubishi pickup: l200
Mitsubishi sedan: lancer лансер, galant галант*
Subaru suv: forester форестер
Subaru wagon: outback аутбек
Renault suv: duster дастер, arkana аркана, kaptur каптюр
Renault sedan: logan логан
Renault hatchback: sandero сандеро
Daewoo sedan: gentra джентра
Daewoo hatchback: matiz матиз
LADA sedan: granta гранта, vesta* веста, priora приора
LADA suv: niva нива*
LADA wagon: largus ларгус
ГАЗ van: газель соболь*, gazelle*
Ford hatchback: focus* фокус*
Ford coupe: mustang* мустанг*
Porsche suv: cayenne кайен, macan
Porsche coupe: 911
Land Rover suv: range_rover рендж_ровер, discovery*, defender*
Chery suv: tiggo тигго
Geely suv: coolray кулрей, monjaro монжаро, atlas*
Haval suv: jolion джолион, dargo, h6
Jeep suv: wrangler, grand_cherokee гранд_чероки
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A make or a model in a text. ``is_common``: its word alone is too little to tell a car by."""

    start: int
    end: int
    make: str
    is_common: bool
    body: str = ""


def make_in(lowered: str) -> Named | None:
    """The first make a text in small letters, with е for ё, names."""
    return _first(_makes(), lowered)


def model_in(lowered: str) -> Named | None:
    """The first well-known model, with its make and its usual body."""
    return _first(_models(), lowered)


_Known = tuple[re.Pattern[str], list[tuple[str, bool, str]]]
"""One pattern with a group for each way to write one, and what each group means."""


def _first(known: _Known, lowered: str) -> Named | None:
    there = known[0].search(lowered)
    if there is None or there.lastindex is None:
        return None
    make, is_common, body = known[1][there.lastindex - 1]
    return Named(there.start(), there.end(), make, is_common, body)


@functools.cache
def _makes() -> _Known:
    lines = (line.partition(":") for line in _MAKES.strip().splitlines())
    return _known((word, named.rstrip("*"), "") for named, _, others in lines for word in (named, *others.split()))


@functools.cache
def _models() -> _Known:
    lines = (line.partition(": ") for line in _MODELS.strip().splitlines())
    return _known((word, *_halves(named)) for named, _, others in lines for word in others.replace(",", " ").split())


def _halves(named: str) -> tuple[str, str]:
    make, _, body = named.rpartition(" ")
    return make, body


def _known(read: Iterable[tuple[str, str, str]]) -> _Known:
    """The longest first."""
    ordered = sorted(read, key=lambda one: (-len(one[0]), one))
    spelled = "|".join(f"({_as_written(word.rstrip('*').replace('_', ' ').lower())})" for word, _, _ in ordered)
    meanings = [(make, word.endswith("*") or (bool(body) and len(word) < 4), body) for word, make, body in ordered]
    return re.compile(rf"(?<![\w-])(?:{spelled})(?![\w-])"), meanings


def _as_written(word: str) -> str:
    """A name in Russian letters is declined."""
    plain = word.replace("ё", "е")
    ending = ""
    if plain.endswith("а"):
        plain, ending = plain[:-1], "(?:[аыуеи]|ой)"
    elif plain[-1] in "бвгджзклмнпрстфхцчшщ":
        ending = "(?:ом|[ауе])?"
    return re.escape(plain) + ending
