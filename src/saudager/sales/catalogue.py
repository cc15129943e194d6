"""The products that stand on invoices, found by what a person calls them."""

import re

from sqlalchemy.orm import Session

from saudager.db.statements import Statement

_WORD = re.compile(r"\w+")


def named(session: Session, words: str) -> list[str]:
    """The products meant by such words, as invoice lines know them.

    Meant is a product whose sku or category is just that, or in whose name words begin with each of these: «принтер hp»
    means «Лазерные принтеры HP LaserJet». Small and capital letters are the same; the name is that on the
    product's newest line, the category that on the newest which has one.
    """
    meant = " ".join(words.split()).casefold()
    begins = _WORD.findall(meant)
    if not meant:
        return []
    return [
        product
        for product, sku, name, category in _NEWEST_LINES(session).fetchall()
        if meant in (product.casefold(), (sku or "").casefold(), (category or "").casefold())
        or (begins and _has_words(name, begins))
    ]


def _has_words(name: str, begins: list[str]) -> bool:
    found = _WORD.findall(name.casefold())
    return all(any(word.startswith(begin) for word in found) for begin in begins)


_NEWEST_LINES = Statement("""
    with recursive known (product) as (
        select min(product) from invoice_lines
        union all
        select (select min(l.product) from invoice_lines l where l.product > known.product)
        from known where known.product is not null)
    select l.product, l.sku, l.name, coalesce(l.category, (
        select n.category from invoice_lines n
        where n.product = l.product and n.category is not null order by n.id desc limit 1))
    from known join invoice_lines l
        on l.id = (select max(n.id) from invoice_lines n where n.product = known.product)""")
"""It goes from product to product along their index: there are far more lines than products."""
