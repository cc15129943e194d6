"""The open lead of a customer who writes, as the salesperson is told of it and what it proves."""

import re
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.orders.words import money
from saudager.providers.llm import Fact
from saudager.truth.guard import Examination
from saudager.words import normalise, sentences

SOURCE = "Сделка покупателя"
"""The file a lead is quoted from, in the place of a document's name."""
_SUM = (
    "Сумма сделки, счёта, заказа, всего, итого, к оплате. Мәміле сомасы, барлығы, төлеуге. The total, the deal, to pay."
)
_OF_THE_LEAD = re.compile(r"сделк|счет|сумм|итог|всего|оплат|заказ|мәміле|сома|барлығы|төле|deal|invoice|total|pay")
_INSIDE = (
    "\n\n# Сделка в CRM\n{lead}\nНазвание и этап — внутренние слова магазина: пойми по ним, о чём идёт речь, но не "
    "пересказывай их. Сумму сделки называть можно, только если речь о ней; цена товара стоит в документах."
)


@dataclass(frozen=True, slots=True)
class OwnLead:
    """A lead by its name, its stage, and its sum with the currency; each may be ''."""

    name: str
    stage: str
    price: str

    @property
    def instructions(self) -> str:
        """What stands in a prompt, behind everything else."""
        parts = (("Сделка", f"«{self.name}»"), ("этап", f"«{self.stage}»" if self.stage else ""), ("сумма", self.price))
        return _INSIDE.format(lead=", ".join(f"{word} {value}" for word, value in parts if value) + ".")

    @property
    def proofs(self) -> list[Fact]:
        """What figures of a reply are proved by."""
        return [Fact(f"{_SUM} {self.price}", SOURCE, 0, self.name)] if self.price else []


def open_lead(session: Session, contact_id: int) -> OwnLead | None:
    """His open lead that was changed last."""
    row = _NEWEST(session, contact=contact_id).fetchone()
    if row is None:
        return None
    name, stage, price, currency = row
    return OwnLead(name, stage or "", money(Decimal(price), currency) if price else "")


def is_misquoted(reply: str, examined: Examination) -> bool:
    """Whether the reply takes the lead's sum for something else, such as the price of goods: an amount that only the
    lead proves, in a sentence that speaks of no sum to be paid."""
    sums = [one.text for one in examined.figures if one.source and one.source.file == SOURCE]
    others = [said for said in sentences(reply) if not _OF_THE_LEAD.search(normalise(said))]
    return any(amount in said for amount in sums for said in others)


_NEWEST = Statement("""
    select l.name, s.name, l.price, x.currency
    from crm_contacts c
    join crm_leads l on l.connection_id = c.connection_id and l.contact_vendor_id = c.vendor_id
    join crm_connections x on x.id = l.connection_id
    left join crm_pipelines p on p.connection_id = l.connection_id and p.vendor_id = l.pipeline_vendor_id
    left join crm_pipeline_stages s on s.pipeline_id = p.id and s.vendor_id = l.stage_vendor_id
    where c.contact_id = :contact and l.closed_at is null and not l.is_deleted and x.disconnected_at is null
    order by l.changed_at desc, l.id desc limit 1""")
