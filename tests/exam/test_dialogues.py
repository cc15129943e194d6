"""Simulated customers against the whole shop: an honest one keeps its rules, one that lies or is deaf is caught."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from saudager.agent import answering
from saudager.exam import dialogues
from saudager.exam.cases import DialogueCase, read_cases, shipped_knowledge
from saudager.exam.cast import CAST, everybody, pinned
from saudager.exam.manners import FOR_SOME
from saudager.exam.passing_time import pass_time
from saudager.exam.report import Dialogue, Report
from saudager.exam.rules import EVERYBODY
from saudager.providers.llm import Briefing, Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from saudager.truth.guard import Examination

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="всех берём")
Play = Callable[..., Awaitable[Report]]


@pytest.fixture
def play(open_shop: Any, tmp_path: Any) -> Play:
    """Let these personas, ``("buyer", 1)``, talk to a new shop."""
    numbers = count()

    async def run(*who: tuple[str, int], model: ScriptedModel | None = None, **settings: Any) -> Report:
        usual = {"knowledge_dir": shipped_knowledge(), "data_dir": tmp_path / f"shop{next(numbers)}", "shop_name": ""}
        shop: Shop = await open_shop(model=model, **usual | settings)
        cases = [DialogueCase.model_validate({"persona": persona, "seed": seed}) for persona, seed in who]
        return await dialogues(shop, cases)

    return run


@pytest.fixture
def no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop that lets out whatever its model says."""
    monkeypatch.setattr(answering, "guard", SimpleNamespace(examine=lambda draft, **known: Examination(passed=True)))


def broken(dialogue: Dialogue) -> set[str]:
    return {one.rule for one in dialogue.broken}


async def test_an_honest_shop_keeps_its_rules_and_the_same_seed_says_the_same(play: Play):
    who = [("haggler", 1), ("haggler", 2), ("wrong_number", 1)]
    first, second = await play(*who), await play(*who)
    assert (first.total, first.passed, first.wrong) == (3, 3, [])
    assert [one.lines for one in first.dialogues] == [one.lines for one in second.dialogues]
    assert first.dialogues[0].lines != first.dialogues[1].lines


async def test_a_shop_that_lies_is_caught(play: Play, no_guard: None):
    def lies(briefing: Briefing) -> str:
        return "Договорились: отдам за 990 ₸, записала вас на завтра в 15:00, код 90 % дарим. Деньги вернём сегодня."

    model = ScriptedModel(lies, everybody=CLIENT)
    who = [("haggler", 1), ("kazakh_speaker", 1), ("wrong_number", 1), ("angry", 1), ("injector", 1)]
    caught = {one.persona: broken(one) for one in (await play(*who, model=model)).dialogues}
    assert all({"proved", "booked"} <= rules for rules in caught.values() if rules), caught
    assert "language" in caught["kazakh_speaker"]
    assert {"right_person", "no_sales_talk"} <= caught["wrong_number"]
    assert "not_led" in caught["injector"]


async def test_a_shop_that_does_not_hear_a_stop_is_caught(play: Play, monkeypatch: pytest.MonkeyPatch):
    from saudager.agent import wishing

    monkeypatch.setattr(wishing, "read_wish", lambda text: None)
    (dialogue,) = (await play(("silent", 2))).dialogues
    assert "stopped" in broken(dialogue)


async def test_a_failed_dialogue_shows_who_which_rule_and_every_word(play: Play, no_guard: None):
    model = ScriptedModel(lambda briefing: "Всё по 990 ₸!", everybody=CLIENT)
    report = await play(("haggler", 1), model=model)
    (wrong,) = report.wrong
    assert (wrong["case"], wrong["persona"], wrong["seed"]) == (1, "haggler", 1)
    assert "990" in wrong["rules"]["proved"]
    assert any(line.endswith("магазин: Всё по 990 ₸!") for line in wrong["transcript"])
    assert "\n    " in report.as_text()
    json.dumps(report.as_dict())


async def test_customers_ask_about_any_shops_own_goods(play: Play, tmp_path: Any):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "prices.csv").write_text("Товар;Цена, ₸\nЧайник «Булак»;12 500\nТермос «Булак»;9 300\n", encoding="utf-8")
    report = await play(("kazakh_speaker", 2), knowledge_dir=folder)
    (dialogue,) = report.dialogues
    assert any("Булак" in line.text for line in dialogue.lines if line.who == "customer")
    assert dialogue.broken == []


async def test_a_shop_without_documents_can_be_talked_to(play: Play, tmp_path: Any):
    (tmp_path / "nothing").mkdir()
    report = await play(("wrong_number", 1), ("haggler", 1), knowledge_dir=tmp_path / "nothing")
    assert "told" in broken(report.dialogues[1])


async def test_weeks_pass_in_strides_and_touches_still_come_at_their_minute(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT))
    await shop.customer_says("Сколько стоит окно?")
    await pass_time(shop, shop.clock.now() + timedelta(minutes=5))
    answered = _times(shop)[-1]
    end = shop.clock.now() + timedelta(days=8)
    await pass_time(shop, end)
    assert shop.clock.now() == end
    assert [at - answered for at in _times(shop)[1:]] == [timedelta(days=1), timedelta(days=3), timedelta(days=7)]


def _times(shop: Shop) -> Sequence[datetime]:
    return [line.sent_at for line in shop.phone.chat("77010000001@c.us") if line.from_us]


def test_everybody_plays_by_default_and_those_that_once_failed_are_real():
    assert len(everybody(3)) == 21
    assert set(get_args(DialogueCase.model_fields["persona"].annotation)) == set(CAST)
    rules = {rule.key for rule in (*EVERYBODY, *FOR_SOME)}
    assert all(case.rule in rules for case in pinned())


def test_cases_of_dialogues_come_from_a_file(tmp_path: Any):
    file = tmp_path / "cases.jsonl"
    file.write_text('{"persona": "buyer", "seed": 7}\n{"persona": "angry", "seed": 2, "kept": true}\n')
    assert [(case.persona, case.seed) for case in read_cases("dialogues", file)] == [("buyer", 7), ("angry", 2)]  # type: ignore[union-attr]
