"""An account of a CRM as it stands in the tables once it has been read: two pipelines, leads, deeds and a template."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.crm import pacing, tokens
from saudager.crm.deeds import DeedKind
from saudager.crm.models import (
    CrmConnection,
    CrmContact,
    CrmDeed,
    CrmField,
    CrmLead,
    CrmPipeline,
    CrmStage,
    CrmTemplate,
    CrmUser,
    DeedState,
    Strategy,
)
from saudager.providers.crm import Tokens
from saudager.vault import Vault

FUNNELS = {
    "Продажи": (("Новая заявка", "incoming"), ("Замер назначен", "open"), ("Договор и предоплата", "open")),
    "Рекламации": (("Обращение", "incoming"), ("Мастер выехал", "open")),
}
CLOSED = ((142, "Успешно реализовано", "won"), (143, "Закрыто и не реализовано", "lost"))
LEADS = ("Окна в двухкомнатную", "Балкон, ул. Абая", "Москитные сетки, 6 шт.", "Дверь входная", "Остекление офиса")


def account(session: Session, vault: Vault, buyer: Contact, *, now: datetime) -> None:
    """The first lead is the buyer's; the next reading is somebody else's."""
    since = now - timedelta(days=9)
    connection = CrmConnection(
        vendor="kommo",
        base_url="http://127.0.0.1:9",
        account_id=31,
        title="Тёплый Дом",
        currency="KZT",
        secrets=tokens.seal(vault, Tokens("made-up"), None),
        connected_at=since,
        problem="Kommo больше не принимает ключ.",
        hook_problem="Webhooks are not available on this plan",
        described_at=now,
        synced_at=since,
        swept_until=now - timedelta(minutes=3),
        read_owner="x",
        read_until=now + timedelta(days=365),
        progress={"part": "done", "contacts": 1204, "leads": 2310},
        strategy=Strategy.MAILBOX,
        notes_talks=True,
    )
    session.add(connection)
    session.flush()
    pacing.begin(session, connection.id, now=now)
    of = {"connection_id": connection.id}
    stages = list[tuple[int, int]]()
    for place, (name, kept) in enumerate(FUNNELS.items(), start=1):
        funnel = CrmPipeline(**of, vendor_id=70 + place, name=name, sort=place, is_main=place == 1, is_archived=False)
        session.add(funnel)
        session.flush()
        below = [(100 * place + at, words, kind) for at, (words, kind) in enumerate(kept, start=1)]
        for at, (number, words, kind) in enumerate([*below, *CLOSED]):
            session.add(
                CrmStage(pipeline_id=funnel.id, vendor_id=number, name=words, sort=at, color="#99ccff", kind=kind)
            )
            stages.append((funnel.vendor_id, number))
    session.add(CrmUser(**of, vendor_id=5, name="Айгуль Манас", email=None))
    session.add(CrmField(**of, entity="leads", vendor_id=601, name="Город", kind="text", code=None, choices=[]))
    session.add(
        CrmContact(
            **of,
            vendor_id=900,
            contact_id=buyer.id,
            name="Данияр Оспанов",
            phones=["77020001805"],
            emails=["daniyar@firm.example"],
            values={},
            is_deleted=False,
            changed_at=since,
            read_at=now,
        )
    )
    for place, name in enumerate(LEADS):
        pipeline, stage = stages[place]
        moment = now - timedelta(hours=7 * place + 1)
        session.add(
            CrmLead(
                **of,
                vendor_id=5000 + place,
                name=name,
                price=185_000 * place,
                pipeline_vendor_id=pipeline,
                stage_vendor_id=stage,
                contact_vendor_id=None if place else 900,
                contacts=[] if place else [900],
                responsible_id=5,
                values={"601": ["Караганда"]},
                is_deleted=False,
                created_at=since,
                changed_at=moment,
                closed_at=moment if stage in (142, 143) else None,
                stage_since=moment,
                read_at=now,
            )
        )
    for place, (state, problem) in enumerate(
        ((DeedState.DONE, None), (DeedState.REFUSED, "поле text: слишком длинное"), (DeedState.DONE, None))
    ):
        session.add(
            CrmDeed(
                **of,
                lead_vendor_id=5000,
                about=f"note:hand:{place}",
                kind=DeedKind.NOTE,
                body={"text": "Просил замер после обеда."},
                state=state,
                problem=problem,
                created_at=now - timedelta(minutes=40 - place),
            )
        )
    session.add(
        CrmTemplate(
            **of,
            pipeline_vendor_id=71,
            stage_vendor_id=142,
            channel="email",
            subject="Спасибо за заказ",
            text="{name}, спасибо! «{lead}» на сумму {price}. {shop}",
            is_on=True,
            made_at=since,
        )
    )
