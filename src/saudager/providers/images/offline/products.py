"""Products that are no cars, as plain shapes chosen by the words of their names."""

import re
from collections.abc import Callable

from saudager.providers.images.offline import clothes, furnishings, things
from saudager.providers.images.offline.geometry import Face
from saudager.providers.images.offline.solids import Paints

Shape = Callable[[Paints], list[Face]]


def product(name: str) -> list[Face]:
    """The shape a name asks for, standing on the ground about the origin; a box when it asks for none."""
    return shape_of(name)(Paints())


def shape_of(name: str) -> Shape:
    plain = name.lower().replace("ё", "е")
    return next((shape for words, shape in _SHAPES if re.search(words, plain)), things.box)


_SHAPES: tuple[tuple[str, Shape], ...] = (
    (r"смартфон|телефон|айфон|планшет|phone|galaxy|redmi|tablet|\bipad", things.phone),
    (r"телевизор|монитор|ноутбук|\btv\b|television|monitor|laptop|экран", furnishings.screen),
    (r"кроссов|ботин|туфл|сапог|обув|кед|босонож|тапк|shoe|sneaker|boot|аяқ киім", things.shoe),
    (r"сумк|рюкзак|портфел|чемодан|клатч|\bbag|backpack|suitcase|purse|сөмке", things.bag),
    (r"плать|юбк|сарафан|dress|skirt|gown|көйлек", clothes.dress),
    (r"брюк|джинс|шорт|штан|леггинс|trouser|jeans|pants|shorts|шалбар", clothes.trousers),
    (r"футбол|рубаш|куртк|свитер|кофт|пиджак|костюм|пальто|худи|толстов", clothes.shirt),
    (r"shirt|jacket|sweater|hoodie|coat|polo", clothes.shirt),
    (r"диван|соф[аы]|sofa|couch|тахт", furnishings.sofa),
    (r"кресл|пуф|armchair|жұмсақ", furnishings.armchair),
    (r"стул|табурет|chair|stool|орындық", furnishings.chair),
    (r"стол\b|столик|стола|парт[аы]|table\b|desk|үстел", furnishings.table),
    (r"холодильник|морозил|fridge|refrigerator|freezer|тоңазыт", furnishings.fridge),
    (r"стирал|посудомо|сушил|washer|washing|dishwasher|dryer|кір жу", furnishings.washer),
    (r"шкаф|комод|тумб|стеллаж|гардероб|cabinet|wardrobe|closet|dresser|шкап", furnishings.cabinet),
    (r"окн|окон|стеклопак|window|терезе", furnishings.window),
    (r"двер|door|есік", furnishings.door),
    (r"ламп|светильник|торшер|люстр|lamp|chandelier|шам", furnishings.lamp),
    (r"торт|пирог|чизкейк|cake|\bpie\b", things.cake),
    (r"книг|тетрад|блокнот|ежедневник|book|notebook|кітап", things.book),
    (r"кружк|чашк|стакан|бокал|cup|mug|кесе", things.cup),
    (r"банк[аи]|крем|варень|мед\b|jar|\bcan\b|honey|бал\b", things.jar),
    (r"бутыл|флакон|вода|сок\b|масл|шампун|парфюм|дух[иа]|вин[оа]\b|ваз[аы]|лосьон|бөтелке", things.bottle),
    (r"bottle|perfume|shampoo|\boil|wine|vase|water", things.bottle),
)  # fmt: skip
