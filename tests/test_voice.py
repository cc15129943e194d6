"""Voice notes become words and are answered like any line; what nobody can put into words is politely asked for."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from saudager import doctor, services
from saudager.attention import Why
from saudager.bootstrap import SIMULATOR
from saudager.clock import MovableClock
from saudager.contracts import CONTRACT, IncomingMessage, Kind
from saudager.engines import spend
from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered
from saudager.gateway.models import LoggedMessage
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.speech import Transcript
from saudager.providers.speech.scripted import ScriptedTranscriber
from saudager.queues import table
from saudager.rehearsal import CUSTOMER, OPENING, Shop, rehearse

pytestmark = pytest.mark.both_kinds

QUESTION = "Сколько стоит окно?"
MARKED = f"[ТРАНСКРИБАЦИЯ] {QUESTION}"
ASKED_TO_WRITE = "Не получилось прослушать голосовое. Напишите, пожалуйста, текстом — сразу отвечу."


@pytest.fixture
def open_voice_shop(open_shop):
    """A shop whose model and transcriber are scripted; ``listening`` is in seconds of the shop's clock."""

    async def open_it(transcripts=(), *, replies=(), listening=0.0, hold=None, **values):
        model = ScriptedModel(replies)
        transcriber = ScriptedTranscriber(transcripts, listening=listening, hold=hold)
        shop = await open_shop(model=model, transcriber=transcriber, **values)
        transcriber._clock = shop.clock
        return shop, model, transcriber

    return open_it


async def _speaks(shop: Shop, said: str = QUESTION, chat: str = CUSTOMER, **line):
    (note,) = await shop.customer_says(
        None, chat=chat, kind=Kind.VOICE, file=(said.encode(), "audio/ogg; codecs=opus"), **line
    )
    return note


def _kept_files(shop: Shop):
    return [path for path in shop.app.settings.media_folder.rglob("*") if path.is_file()]


async def _log(shop: Shop):
    return await shop.app.db.read(
        lambda session: session.scalars(select(LoggedMessage).order_by(LoggedMessage.id)).all()
    )


async def test_a_voice_note_is_put_into_words_and_answered_once(open_voice_shop):
    shop, model, transcriber = await open_voice_shop(replies=["Сейчас расскажу."])
    await _speaks(shop)
    await shop.time_passes(minutes=5)
    assert shop.answers() == ["Сейчас расскажу."]
    assert [briefing.new_lines for briefing in model.briefings] == [[MARKED]]
    assert transcriber.recordings == [(QUESTION.encode(), "audio/ogg; codecs=opus")]
    assert _kept_files(shop) == []
    assert await shop.desk() == []


async def test_its_words_stand_in_the_log_so_that_voice_notes_can_be_counted(open_voice_shop):
    silent = Rejected("no words are heard")
    shop, _, _ = await open_voice_shop(lambda audio: audio.decode() or silent)
    await _speaks(shop)
    await _speaks(shop, "", chat="77010000002@c.us")
    await shop.time_passes(minutes=5)
    assert [row.message_text for row in await _log(shop) if row.is_voice] == [QUESTION, None]


async def test_what_listening_costs_is_counted_for_the_customer_in_the_money_of_the_day(open_voice_shop):
    heard = Transcript(QUESTION, "ru", "listening-1", 120_000, 10_000)
    shop, _, _ = await open_voice_shop([heard], replies=["Сейчас расскажу."], model_prices="listening-1=1/3")
    await _speaks(shop)
    await shop.time_passes(minutes=5)
    today = shop.clock.now().astimezone(shop.app.settings.zone).date()
    spent = await shop.app.db.read(spend.by_contact, today)
    assert spent[(await shop.contact()).id].usd == Decimal("0.15")
    assert await shop.app.db.read(spend.spent_today, today) == Decimal("0.15")


async def test_language_and_time_are_logged_and_the_words_are_not(open_voice_shop, caplog):
    shop, _, _ = await open_voice_shop([Transcript("Терезе қанша тұрады?", "kk")])
    with caplog.at_level("INFO"):
        await _speaks(shop)
        await shop.time_passes(seconds=1)
    (told,) = [record.getMessage() for record in caplog.records if record.name == "saudager.gateway.transcription"]
    assert "s (kk)" in told
    assert "Терезе" not in caplog.text


async def test_a_turn_waits_for_the_words_and_wakes_when_they_come(open_voice_shop):
    shop, model, _ = await open_voice_shop(listening=10)
    await _speaks(shop)
    await shop.time_passes(seconds=9.9)
    assert model.briefings == []
    await shop.time_passes(seconds=0.2)
    assert len(shop.answers()) == 1
    assert model.briefings[-1].new_lines == [MARKED]


async def test_text_lines_around_a_voice_note_wait_with_it_for_one_answer_in_order(open_voice_shop):
    shop, model, _ = await open_voice_shop(listening=90)
    await shop.customer_says("Здравствуйте!")
    await _speaks(shop)
    await shop.customer_says("и с доставкой?")
    await shop.time_passes(seconds=80)
    assert shop.answers() == []
    await shop.customer_says("вы тут?")
    await shop.time_passes(minutes=5)
    assert len(shop.answers()) == 1
    assert [briefing.new_lines for briefing in model.briefings] == [
        ["Здравствуйте!", MARKED, "и с доставкой?", "вы тут?"]
    ]


async def test_a_note_that_comes_while_the_model_thinks_holds_the_answer_back(open_voice_shop):
    shop, model, _ = await open_voice_shop(listening=10)
    model.thinking, model._clock = 3, shop.clock
    await shop.customer_says(QUESTION)
    await shop.time_passes(seconds=2)
    await _speaks(shop, "А доставка?")
    await shop.time_passes(minutes=2)
    assert len(shop.answers()) == 1
    assert model.briefings[-1].new_lines == [QUESTION, "[ТРАНСКРИБАЦИЯ] А доставка?"]


async def test_three_failures_end_in_the_polite_line_and_a_person_sees_it(open_voice_shop):
    shop, model, transcriber = await open_voice_shop(lambda audio: Unanswered("Gemini: no answer within 60 s"))
    await _speaks(shop)
    await shop.time_passes(minutes=2)
    assert shop.answers() == [ASKED_TO_WRITE]
    assert len(transcriber.recordings) == 3
    assert model.briefings == []
    assert [entry.kind for entry in await shop.desk()] == [Why.VOICE_NOT_HEARD]
    assert _kept_files(shop) == []


async def test_a_note_given_up_can_be_listened_to_again_and_its_words_are_stored(open_voice_shop):
    shop, _, _ = await open_voice_shop([Rejected("API key not valid")])
    await _speaks(shop)
    await shop.time_passes(minutes=1)
    assert await services.replay(shop.app, "voice_transcription", None) == 1
    await shop.time_passes(minutes=1)
    assert shop.answers() == [ASKED_TO_WRITE]
    assert (await shop.messages())[0].voice_transcription == QUESTION


async def test_the_doctor_says_who_listens(open_voice_shop):
    shop, _, _ = await open_voice_shop()
    found = {finding.about: finding.says async for finding in doctor.examine(shop.app)}
    assert found["голосовые"] == "распознаёт scripted"
    shop.app.transcriber = None
    found = {finding.about: finding.says async for finding in doctor.examine(shop.app)}
    assert found["голосовые"] == "нет ключа: покупателей просят написать"


async def test_after_two_failures_the_third_attempt_still_counts(open_voice_shop):
    shop, model, _ = await open_voice_shop([Unanswered("cut"), Unanswered("cut")])
    await _speaks(shop)
    await shop.time_passes(minutes=2)
    assert [briefing.new_lines for briefing in model.briefings] == [[MARKED]]
    assert await shop.desk() == []


async def test_what_is_useless_to_repeat_is_not_repeated(open_voice_shop):
    shop, _, transcriber = await open_voice_shop([Rejected("no words are heard")])
    await _speaks(shop)
    await shop.time_passes(seconds=6)
    assert shop.answers() == [ASKED_TO_WRITE]
    assert len(transcriber.recordings) == 1


async def test_a_refused_key_of_who_listens_is_told_to_a_person_by_the_name_of_its_setting(open_voice_shop):
    shop, _, transcriber = await open_voice_shop([BadCredentials("Gemini: HTTP 400")] * 2)
    transcriber.name = "gemini"
    for chat in (CUSTOMER, "77010000002@c.us"):
        await _speaks(shop, chat=chat)
        await shop.time_passes(seconds=6)
        assert shop.answers(chat) == [ASKED_TO_WRITE]
    assert len(transcriber.recordings) == 2
    (told,) = [entry for entry in await shop.desk() if entry.kind == Why.ACCOUNT]
    assert told.about == "account:transcriber:gemini"
    assert "GEMINI_API_KEY" in told.reason


async def test_a_vendors_limit_is_waited_for_without_counting(open_voice_shop):
    limits = [RateLimited("too many", retry_after=30)] * 6
    shop, model, _ = await open_voice_shop(limits)
    await _speaks(shop)
    await shop.time_passes(seconds=170)
    assert model.briefings == []
    await shop.time_passes(seconds=20)
    assert [briefing.new_lines for briefing in model.briefings] == [[MARKED]]


async def test_a_limit_that_does_not_end_is_not_waited_for_longer_than_some_minutes(open_voice_shop):
    shop, _, _ = await open_voice_shop(lambda audio: RateLimited("too many", retry_after=60))
    await _speaks(shop)
    await shop.time_passes(minutes=6)
    assert shop.answers() == [ASKED_TO_WRITE]


async def test_a_recording_the_messenger_no_longer_has_is_asked_for_in_writing(open_voice_shop):
    shop, _, _ = await open_voice_shop()
    await shop.customer_says(None, kind=Kind.VOICE)
    await shop.time_passes(minutes=2)
    assert shop.answers() == [ASKED_TO_WRITE]


async def test_without_a_transcriber_the_polite_line_comes_at_once_and_nobody_is_bothered(open_shop):
    model = ScriptedModel()
    shop: Shop = await open_shop(model=model)
    await _speaks(shop)
    await shop.time_passes(seconds=5)
    assert shop.answers() == [ASKED_TO_WRITE]
    assert model.briefings == []
    assert await shop.desk() == []
    assert _kept_files(shop) == []


async def test_words_beside_a_note_nobody_heard_are_answered_and_the_note_is_asked_for(open_shop):
    model = ScriptedModel(["Сейчас расскажу."])
    shop: Shop = await open_shop(model=model)
    await shop.customer_says("Сколько стоит доставка?")
    await _speaks(shop)
    await shop.time_passes(minutes=1)
    assert shop.answers() == [f"Сейчас расскажу.\n\n{ASKED_TO_WRITE}"]


async def test_a_note_deleted_before_it_was_heard_holds_nothing_and_is_not_told(open_voice_shop):
    shop, model, _ = await open_voice_shop(listening=60)
    note = await _speaks(shop)
    await shop.customer_says(QUESTION)
    await shop.time_passes(seconds=6)
    await shop.arrives(shop.phone.change(note.message_id, deleted=True))
    await shop.time_passes(seconds=1)
    assert [briefing.new_lines for briefing in model.briefings] == [["[удалено]", QUESTION]]
    await shop.time_passes(minutes=2)
    assert (await shop.messages())[0].voice_transcription is None
    assert [row.message_text for row in await _log(shop) if row.chat == CUSTOMER and row.is_voice] == [None]


async def test_words_that_come_after_their_turn_was_closed_are_stored_and_change_nothing_that_was_said(open_voice_shop):
    shop, model, _ = await open_voice_shop(listening=60)
    await _speaks(shop)
    await shop.person_says("Здравствуйте, это Асель, слушаю ваше голосовое")
    await shop.time_passes(hours=5)
    assert shop.answers() == []
    assert model.briefings == []
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason) == ("withdrawn", "person_spoke")
    assert (await shop.messages())[0].voice_transcription == QUESTION


async def test_notes_of_before_the_connection_are_context_and_nobody_listens_to_them(open_voice_shop):
    shop, model, transcriber = await open_voice_shop()
    await _speaks(shop, sent_at=shop.account.connected_at.replace(year=2025))
    await shop.customer_says(QUESTION)
    await shop.time_passes(seconds=10)
    assert [briefing.new_lines for briefing in model.briefings] == [[QUESTION]]
    assert transcriber.recordings == []


async def test_a_turn_never_waits_longer_than_the_queue_keeps_a_note(open_shop):
    model = ScriptedModel()
    shop: Shop = await open_shop(model=model)
    await _tells(shop, "note", message_text=None)
    await shop.time_passes(hours=1, minutes=59)
    assert shop.answers() == []
    await shop.time_passes(minutes=2)
    assert shop.answers() == [ASKED_TO_WRITE]
    assert [entry.kind for entry in await shop.desk()] == [Why.VOICE_NOT_HEARD]
    await _tells(shop, "note:transcript", message_text=QUESTION)
    await shop.time_passes(minutes=2)
    assert shop.answers() == [ASKED_TO_WRITE]
    assert (await shop.messages())[0].voice_transcription == QUESTION


async def _tells(shop: Shop, id: str, **fields):
    """What a gateway of another make puts into the queue."""
    incoming = IncomingMessage(
        id=id,
        created_at=shop.clock.now(),
        account=SIMULATOR,
        chat=CUSTOMER,
        message_id="note",
        kind=Kind.VOICE,
        is_voice=True,
        sent_at=OPENING,
        **fields,
    )
    body = incoming.model_dump_json(exclude_none=True)
    await shop.app.db.run(table.publish, "incoming_messages", body, id=id, key="lane", now=shop.clock.now())


async def test_words_that_come_just_when_the_turn_lies_down_to_wait_wake_it_all_the_same(open_shop, monkeypatch):
    model = ScriptedModel()
    shop: Shop = await open_shop(model=model)
    run = shop.app.db.run

    async def run_late(work, *arguments, **circumstances):
        if work.__name__ == "_wait_for_words":
            await _tells(shop, "note:transcript", message_text=QUESTION)
            while not (await shop.messages())[0].voice_transcription:
                await asyncio.sleep(0.001)
        return await run(work, *arguments, **circumstances)

    monkeypatch.setattr(shop.app.db, "run", run_late)
    await _tells(shop, "note", message_text=None)
    await shop.time_passes(minutes=1)
    assert [briefing.new_lines for briefing in model.briefings] == [[MARKED]]


async def test_a_note_nobody_ran_for_while_it_was_young_is_asked_for_in_writing(settings):
    failing, listening = ScriptedTranscriber(lambda audio: Unanswered("cut")), ScriptedTranscriber()
    async with rehearse(settings(), transcriber=failing) as shop:
        await _speaks(shop)
        await shop.settles()
    later = MovableClock(OPENING + timedelta(hours=3))
    async with rehearse(settings(), transcriber=listening, clock=later) as shop:
        await shop.time_passes(minutes=1)
        assert shop.answers() == [ASKED_TO_WRITE]
        assert [entry.kind for entry in await shop.desk()] == [Why.VOICE_NOT_HEARD]
    assert (len(failing.recordings), len(listening.recordings)) == (1, 0)


async def test_more_notes_than_the_queue_holds_are_asked_for_in_writing_and_hold_up_no_text(
    open_voice_shop, monkeypatch
):
    monkeypatch.setitem(
        CONTRACT, "voice_transcription", CONTRACT["voice_transcription"].model_copy(update={"max_length": 1})
    )
    shop, _, _ = await open_voice_shop(listening=30)
    await _speaks(shop)
    await _speaks(shop, chat="77010000002@c.us")
    await shop.customer_says(QUESTION, chat="77010000003@c.us")
    await shop.time_passes(seconds=10)
    assert shop.answers("77010000002@c.us") == [ASKED_TO_WRITE]
    assert len(shop.answers("77010000003@c.us")) == 1
    await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1


async def test_fifty_notes_at_once_are_all_answered_with_their_own_words(open_voice_shop):
    shop, model, _ = await open_voice_shop(listening=3)
    chats = [f"7701{number:07}@c.us" for number in range(50)]
    for number, chat in enumerate(chats):
        await _speaks(shop, f"Сколько стоит окно номер {number}?", chat)
    await shop.time_passes(minutes=1)
    assert [len(shop.answers(chat)) for chat in chats] == [1] * 50
    heard = sorted(briefing.new_lines[0] for briefing in model.briefings)
    assert heard == sorted(f"[ТРАНСКРИБАЦИЯ] Сколько стоит окно номер {number}?" for number in range(50))
