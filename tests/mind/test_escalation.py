"""When a person must take over: what calls for one, in three languages, and what only sounds so."""

from pathlib import Path

import pytest

from saudager.agent.escalation import Reason, reason_in, waiting_line
from saudager.settings import Settings

_LINES = (Path(__file__).parent / "escalation.txt").read_text(encoding="utf-8").splitlines()
CALLS = [line[2:] for line in _LINES if line.startswith("+")]
ORDINARY = [line[2:] for line in _LINES if line.startswith("-")]
REASONS = {
    "Позовите человека": Reason.WANTS_PERSON,
    "адаммен сөйлескім келеді": Reason.WANTS_PERSON,
    "это просто безобразие": Reason.ANGRY,
    "Мне нахамили в магазине": Reason.COMPLAINS,
    "подам на вас в суд": Reason.COMPLAINS,
    "хочу оформить возврат": Reason.MONEY_BACK,
    "позовите директора и верните деньги": Reason.MONEY_BACK,
    "оплатил дважды": Reason.PAYMENT,
}


@pytest.mark.parametrize("line", CALLS)
def test_it_calls_for_a_person(line):
    assert reason_in([line]) is not None


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_does_not(line):
    assert reason_in([line]) is None


@pytest.mark.parametrize(("line", "reason"), REASONS.items())
def test_the_shop_is_told_the_gravest_reason(line, reason):
    assert reason_in([line]) is reason


def test_a_complaint_may_be_spread_over_lines():
    assert reason_in(["Обещали привезти во вторник.", "Но так никто и не приехал"]) is Reason.COMPLAINS


def test_a_wish_stands_in_one_line():
    assert reason_in(["Позовите, когда будет готово.", "Человек шесть придёт"]) is None


def test_a_very_long_line_is_read_in_time():
    assert reason_in(["а ещё вот что " * 10_000]) is None
    assert reason_in(["жду уже не " * 2_000]) is None


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
@pytest.mark.parametrize("reason", Reason)
def test_the_waiting_line_says_when_people_work_and_connects_nobody(language, reason, tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, working_hours_start=9, working_hours_end=17)
    said = waiting_line(reason, language, settings)
    assert "9:00" in said and "17:00" in said
    assert "соединя" not in said.lower()
