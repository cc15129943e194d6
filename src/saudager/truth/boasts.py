"""What no row of a shop can prove: being the best there is, and being a person."""

import re
from collections.abc import Iterator

from saudager.truth.known import Known

_PLACE = (
    r"(?:в (?:\w+ )?(?:город|стран|мир|казахстан|област|регион|алмат|астан|шымкент|караганд)\w*|на (?:\w+ )?рынк\w*|"
)
_BEST = re.compile(
    rf"сам\w+ (?:\w+ ){{0,2}}{_PLACE}во вс[её]м)|лучш\w+ (?:\w+ ){{0,3}}{_PLACE}во вс[её]м)"
    r"|сам\w+ (?:низк|выгодн|доступн|лучш)\w+ (?:цен|услов|предложен)\w*"
    r"|лидер\w* (?:рынка|отрасли|продаж в)|(?:№|номер) ?(?:1|один) (?:в|на)\s|вне конкуренции|нам нет равных"
    r"|дешевле (?:\w+ ){0,2}не найд\w+|нигде (?:\w+ ){0,2}дешевле|лучше не найд\w+"
    r"|(?:the )?(?:best|cheapest|lowest|largest|biggest) (?:\w+ ){0,2}(?:in (?:the )?(?:\w+ )?(?:city|town|"
    r"country|market|world|kazakhstan|almaty|astana)|on the market|anywhere)|market leader|number one in|"
    r"cheaper anywhere"
    r"|ең (?:арзан|төмен|жақсы|тиімді) (?:баға|ұсыныс)\w*|(?:қаладағы|қазақстандағы|нарықтағы) ең \w+"
)
_HUMAN = re.compile(
    r"я (?:\w+,? ){0,2}не (?:ро)?бот\b|я не (?:программа|машина|ии|нейросеть|автоответчик)\b|не робот, а\b"
    r"|(?:\bя|это|с вами|вам|на связи)\W+(?:(?!не|но|виртуал|ии\b)\w+,? ){0,3}(?:жив|настоящ|реальн|обычн)\w{2} "
    r"(?:человек|менеджер|продавец|консультант|сотрудник|девушка|люди)"
    r"|(?<!\w)я (?:тоже |же |просто )?человек\b|с вами (?:общается|пишет|говорит) (?:\w+ )?человек"
    r"|i'?\s?a?m (?:a |an )?(?:real |actual |live )?(?:human|person)\b"
    r"|i'?\s?a?m not (?:a |an )?(?:ro)?(?:bot|machine|ai)\b"
    r"|(?:real|live) (?:person|human)|мен (?:\w+ )?адаммын|робот емеспін|бот емеспін"
)


def boasts(plain: str, known: Known) -> Iterator[str]:
    """Russian complaints about one normalised sentence."""
    if (best := _BEST.search(plain)) and not any(best.group() in text for text, _ in known.texts):
        yield f"«{best.group()}»: превосходство, которого документы не доказывают."
    if human := _HUMAN.search(plain):
        yield f"«{human.group()}»: отвечает помощник, а не человек."
