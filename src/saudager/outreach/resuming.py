"""Whether one phrase asks us in so many words to write again."""

import re

from saudager.outreach.phrases import Phrase

_FOREIGN = re.compile(r"[xtqK$!H~13nSsX0-]")
_BACK_ON = re.compile(r"R.*[eOoL]|[eOoL].*R|Z.*O|O.*Z|[ZR].*2.*M|M.*[ZR].*2|[ZR].*M.*2|2.*[ZR].*M")
_WRITE_AGAIN = re.compile(
    r"^[^e]*(?:2[^e]*[WPB]|[WP][^e]*2)|2.*k.*[wpgWPG]|2.*[wpg].*k|k.*2.*[wpgWPG]|k.*[wpgWPG].*2|Z.*2.*[wpg]|Z.*[wp]|[wpg].*2.*k"
)
_OFFERS_PLEASE = re.compile(r"[PG][^OYM]*[Oo]|[Oo%][fm2]*[PG]|[PG][fm+v]*%|k.*[wpg].*[Oo%]|z.*r.*[Oo]")
_ALONE = re.compile(r"f*[9R]f*")


def is_asked_to_resume(phrase: Phrase) -> bool:
    """«Можете снова писать», «верните рассылку», «присылайте акции»."""
    if _FOREIGN.search(phrase.parts):
        return False
    if _BACK_ON.search(phrase.parts):
        return True
    if phrase.is_question:
        return False
    return any(kind.search(phrase.parts) for kind in (_WRITE_AGAIN, _OFFERS_PLEASE)) or bool(
        _ALONE.fullmatch(phrase.parts)
    )
