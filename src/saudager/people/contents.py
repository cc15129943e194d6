"""What lies in the ZIP of a contact, in words of whoever opens it."""

from collections.abc import Mapping
from datetime import datetime

HOLDS = {
    "identities": "имена и номера, по которым его узнают",
    "contact_notes": "заметки сотрудников",
    "open_questions": "вопросы, на которые в документах не нашлось ответа",
    "call_offers": "предложенные часы звонка",
    "attention": "что ждёт человека",
    "messages": "строки переписки",
    "turns": "ответы продавца и как он к ним пришёл",
    "drafts": "черновики ответов",
    "cases": "случаи, переданные человеку",
    "deals": "сделки",
    "scheduled_calls": "звонки",
    "follow_ups": "напоминания молчащему",
    "consents": "что он просил ему писать или не писать",
    "outreach_verdicts": "решения, писать ли первым",
    "orders": "заказы",
    "order_lines": "товары заказов",
    "order_statuses": "как менялись заказы",
    "order_triggers": "сообщения о заказах",
    "letter_versions": "прежние тексты писем",
    "letters": "письма",
    "campaign_members": "рассылки, в которых он был",
    "invoice_lines": "товары счетов",
    "invoices": "счета",
    "companies": "он как покупатель и его компания",
    "suppressed_addresses": "адреса, на которые письма не доходят",
    "persons": "он как человек компании",
    "crm_leads": "его сделки в CRM",
    "crm_contact_names": "его номера и адреса в CRM",
    "crm_contacts": "его карточка в CRM",
    "crm_deeds": "что записано в CRM",
    "crm_noted_talks": "разговоры, отмеченные в CRM",
    "journey_steps": "шаги цепочек",
    "journeys": "цепочки, по которым он шёл",
    "rule_runs": "какие правила сработали",
    "events": "события, которые слышали правила",
    "holdout": "входит ли он в группу, которой не пишут для сравнения",
    "merges": "объединения контактов",
    "audit": "что сотрудники делали с его карточкой",
    "spend": "во что обошлись ответы ему",
    "conversations": "чаты",
    "contacts": "карточка контакта",
    "message_log": "журнал шлюза: всё, что приходило и уходило",
}
"""What a row of each table is."""

_README = """\
{shop}: всё, что хранится о контакте {contact}.
Выгружено {at:%d.%m.%Y %H:%M}. Внутри личные данные: отдавайте только тому, о ком они.

  transcript.txt — переписка словами
  media/ — фото и файлы из переписки; чего уже нет, названо в media/missing.txt

Записи, как они хранятся (JSON, время по Гринвичу), и сколько их:
{tables}

Здесь нет того, чем распоряжается не программа: чата на телефоне магазина, записей в самой CRM, у почтового сервиса и
на маркетплейсе, резервных копий.
"""


def read_me(shop: str, contact_id: int, counted: Mapping[str, int], at: datetime) -> str:
    """``counted`` is how many rows of each table there are; ``at`` the moment in the shop's own time."""
    tables = "\n".join(f"  data/{name}.json — {HOLDS[name]}: {count}" for name, count in counted.items() if count)
    return _README.format(shop=shop, at=at, contact=contact_id, tables=tables)
