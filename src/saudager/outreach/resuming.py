"""Whether one phrase asks us in so many words to write again."""

import re
from collections.abc import Sequence

from saudager.outreach.phrases import Phrase
from saudager.outreach.stops import has

_FOREIGN = "xtqK$!H~1345nSsX0-"
_BACK_ON = re.compile("k2O|R.*[eOoL7]|[eOoL7].*R|Z.*O|O.*Z|[ZR].*2.*M|M.*[ZR].*2|[ZR].*M.*2|2.*[ZR].*M")
_WRITE_AGAIN = re.compile(
    "^[^e]*(?:2[^e]*[WPB]|[WP][^e]*2)|2.*[k=J].*[wpgWPG]|[k=J].*2.*[wpgWPG]|[k=J].*[wpgWPG].*2|2.*[wpg].*[k=]"
    "|[wpg].*2.*k|Z.*[wp]|Z.*2.*g"
)
"""Not «text me again» alone: that asks for one message."""
_OFFERS_PLEASE = re.compile("[PG][^OYM]*[Oo]|[Oo%][fm2]*[PG]|[PG][fm+v]*%|[k=JZ].*[wpg].*[Oo%]|[z=].*r.*[Oo]")
_MAY_I_HAVE = re.compile("J.*2.*r.*[OoM]")
_BARE_START = re.compile("[fe]*[9R][fe]*")


def is_asked_to_resume(phrase: Phrase) -> bool:
    """«Можете снова писать», «верните рассылку», «присылайте акции»."""
    parts = phrase.parts
    if has(parts, _FOREIGN):
        return False
    if _BACK_ON.search(parts) or _MAY_I_HAVE.search(parts):
        return True
    return not phrase.is_question and any(kind.search(parts) for kind in (_WRITE_AGAIN, _OFFERS_PLEASE))


def is_word_to_resume(phrases: Sequence[Phrase]) -> bool:
    """A bare «старт»."""
    return _BARE_START.fullmatch("".join(phrase.parts for phrase in phrases)) is not None
