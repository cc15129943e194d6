"""Whether one phrase asks us in so many words to write again."""

import re
from collections.abc import Sequence

from saudager.outreach.phrases import Phrase

_FOREIGN = re.compile(r"[xtqK$!H~1345nSsX0-]")
_BACK_ON = re.compile(r"k2O|R.*[eOoL7]|[eOoL7].*R|Z.*O|O.*Z|[ZR].*2.*M|M.*[ZR].*2|[ZR].*M.*2|2.*[ZR].*M")
_WRITE_AGAIN = re.compile(
    r"^[^e]*(?:2[^e]*[WPB]|[WP][^e]*2)|2.*[k=J].*[wpgWPG]|2.*[wpg].*[k=]|[k=J].*2.*[wpgWPG]|[k=J].*[wpgWPG].*2|Z.*[wp]|Z.*2.*g|[wpg].*2.*k"
)
_OFFERS_PLEASE = re.compile(r"[PG][^OYM]*[Oo]|[Oo%][fm2]*[PG]|[PG][fm+v]*%|[k=JZ].*[wpg].*[Oo%]|z.*r.*[Oo]")
_AS_A_QUESTION = re.compile(r"J.*2.*r.*[OoM]")
_ALONE = re.compile(r"[fe]*[9R][fe]*")


def is_asked_to_resume(phrase: Phrase) -> bool:
    """«Можете снова писать», «верните рассылку», «присылайте акции»."""
    if _FOREIGN.search(phrase.parts):
        return False
    if _BACK_ON.search(phrase.parts) or _AS_A_QUESTION.search(phrase.parts):
        return True
    return not phrase.is_question and any(kind.search(phrase.parts) for kind in (_WRITE_AGAIN, _OFFERS_PLEASE))


def is_word_to_resume(phrases: Sequence[Phrase]) -> bool:
    """A bare «старт», the answer our own letters ask for."""
    return _ALONE.fullmatch("".join(phrase.parts for phrase in phrases)) is not None
