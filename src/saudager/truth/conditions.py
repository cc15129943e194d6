"""A benefit that begins at some amount is not promised to a customer who has less."""

import re
from collections.abc import Iterator

from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.rows import row_proofs

_BENEFITS = {
    frozenset(("discount", "promo")): re.compile(r"скид|жеңілдік|discount|акци"),
    frozenset(("free", "delivery")): re.compile(r"бесплатн|тегін|free|без оплаты"),
    frozenset(("gift", "bonus", "cashback")): re.compile(r"подар|бонус|кэшб|gift|bonus|cashback|сыйлық"),
    frozenset(("instalment", "installment")): re.compile(r"рассроч|instal|бөліп төле"),
}
_THRESHOLD = frozenset(("from", "min", "minimum", "threshold", "over"))
_HAS = frozenset(("total", "cart", "amount", "sum", "qty", "quantity", "requested", "items", "orders", "spent"))
_CONDITION = re.compile(
    r"(?<!\w)(?:от|при|если|начиная|до|свыше|более|больше|не хватает|осталось|добер\w+|не|нет|when|if|from|over|until|"
    r"above|more|not?|short|бастап|болса|дейін|жоқ)(?!\w)"
)


def unmet(plain: str, known: Known) -> Iterator[str]:
    """Russian complaints about one normalised sentence."""
    for row in known.rows:
        words = frozenset(row.name.lower().split("_"))
        benefit = next((said for names, said in _BENEFITS.items() if names & words), None)
        if not words & _THRESHOLD or benefit is None or not (hit := benefit.search(plain)) or _CONDITION.search(plain):
            continue
        needed = [proof.figure for proof in row_proofs(row)[:1]]
        held = [one for one in _held(known) if needed and _alike(one, needed[0])]
        if held and max(one.value for one in held) < needed[0].value:
            yield f"«{hit.group()}»: условие для этого ещё не выполнено."


def _held(known: Known) -> Iterator[Figure]:
    for row in known.rows:
        words = frozenset(row.name.lower().split("_"))
        if words & _HAS and not words & _THRESHOLD:
            yield from (proof.figure for proof in row_proofs(row)[:1])


def _alike(one: Figure, other: Figure) -> bool:
    counted = (FigureKind.NUMBER, FigureKind.QUANTITY)
    return one.unit == other.unit if one.kind is other.kind else one.kind in counted and other.kind in counted
