"""``saudager exam``: the shipped cases, the form of its report, and what it says of cases it cannot read."""

import asyncio
import json
import logging
import os
import sys

import pytest
from click.testing import CliRunner

from saudager.cli import main
from saudager.exam.cases import read_cases, shipped
from saudager.exam.cast import pinned
from tests.fakes.models import KEY, FakeModels
from tests.fakes.serving import refused_url

pytestmark = pytest.mark.slow

LEAST = {"moderator": 0.92, "answers": 0.92, "grounding": 0.97, "intent": 0.93, "optout": 0.95, "callslot": 0.95}
ENOUGH = {"moderator": 100, "answers": 60, "grounding": 80, "intent": 200, "optout": 190, "callslot": 130}
COUNTED = {"optout": {"wrongly_blocked"}}


async def _exam(*arguments, **environment):
    """The command in this process, in a thread that may have a loop of its own."""
    log = logging.getLogger()
    handlers, level = log.handlers, log.level
    try:
        done = await asyncio.to_thread(CliRunner().invoke, main, ["exam", *arguments], env=environment)
    finally:
        log.handlers, log.level = handlers, level
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


async def _exam_of_its_own(*arguments, **environment):
    """The command as a process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from saudager.cli import main; main()",
        "exam",
        *arguments,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def cases(tmp_path):
    """Write cases to a file; its path."""

    def write(*lines):
        file = tmp_path / "cases.jsonl"
        file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        return str(file)

    return write


@pytest.fixture
def shop_documents(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "prices.csv").write_text("Товар;Цена, ₸\nЧайник «Булак»;12 500\nТермос «Булак»;9 300\n", encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("suite", LEAST)
async def test_the_shipped_cases_are_passed(suite):
    code, out, _ = await _exam(suite, "--at-least", str(LEAST[suite]), "--json")
    report = json.loads(out)
    assert set(report) == {"suite", "total", "passed", "accuracy", "wrong"} | COUNTED.get(suite, set())
    assert report["total"] >= ENOUGH[suite]
    assert len(report["wrong"]) == report["total"] - report["passed"]
    assert (code, report["accuracy"] >= LEAST[suite]) == (0, True), report["wrong"]


@pytest.mark.parametrize("suite", LEAST)
def test_a_part_of_the_shipped_cases_was_kept_aside(suite):
    cases = read_cases(suite, shipped(suite))
    assert sum(case.kept for case in cases) >= 0.25 * len(cases)


async def test_an_answer_is_read_as_the_merchant_would_read_it(cases):
    file = cases({"text": "Да, давайте", "expect": "yes"}, {"text": "Нет, не надо", "expect": "yes", "kept": True})
    code, out, _ = await _exam("intent", "--cases", file, "--at-least", "0.9", "--json")
    report = json.loads(out)
    assert (code, report["total"], report["passed"]) == (1, 2, 1)
    assert report["wrong"] == [{"case": 2, "kept": True, "text": "Нет, не надо", "expect": "yes", "got": "no"}]


async def test_who_is_silenced_without_having_asked_for_it_is_counted(cases):
    file = cases(
        {"text": "стоп", "expect": False},
        {"text": "Сколько стоит окно?", "expect": False},
        {"text": "не пишите мне больше", "expect": True},
        {"text": "Сколько стоит дверь?", "expect": True},
    )
    _, out, _ = await _exam("optout", "--cases", file, "--json")
    report = json.loads(out)
    assert (report["total"], report["passed"], report["wrongly_blocked"]) == (4, 2, 1)
    assert [wrong["case"] for wrong in report["wrong"]] == [1, 4]


async def test_a_time_and_whether_it_can_be_booked_are_both_asked_for(cases):
    now = "2026-03-11T12:00:00+05:00"
    file = cases(
        {"now": now, "text": "завтра в 15:00", "expect_at": "2026-03-12T15:00:00+05:00", "expect": "bookable"},
        {"now": now, "text": "завтра в 15:00", "expect_at": "2026-03-12T16:00:00+05:00", "expect": "bookable"},
        {"now": now, "text": "в субботу в 11", "expect_at": None, "expect": "outside_hours"},
        {"now": now, "text": "а доставка есть?", "expect_at": None, "expect": "bookable"},
    )
    _, out, _ = await _exam("callslot", "--cases", file, "--json")
    report = json.loads(out)
    assert (report["total"], report["passed"]) == (4, 2)
    assert [(one["case"], one["got"], one["got_at"]) for one in report["wrong"]] == [
        (2, "bookable", "2026-03-12T15:00:00+05:00"),
        (4, "no_time", None),
    ]


async def test_dialogues_of_a_file_and_those_that_once_failed_are_played_and_shown_on_a_page(cases, tmp_path):
    page = tmp_path / "report.html"
    file = cases({"persona": "haggler", "seed": 5})
    code, out, err = await _exam_of_its_own("dialogues", "--cases", file, "--json", "--html", str(page))
    report = json.loads(out)
    assert (code, report["suite"], report["total"]) == (0, "dialogues", 1 + len(pinned())), err
    shown = page.read_text(encoding="utf-8")
    assert all(f"раньше падало: {case.rule}" in shown for case in pinned())
    assert f"{report['passed']} из {report['total']}" in shown


async def test_a_page_that_cannot_be_written_is_said_in_a_sentence(cases, tmp_path):
    file = cases({"text": "да", "expect": "yes"})
    code, _, err = await _exam_of_its_own(
        "intent", "--cases", file, "--html", str(tmp_path / "nowhere" / "report.html")
    )
    assert code == 1
    assert "report.html: cannot be written" in err
    assert "Traceback" not in err


async def test_cases_belong_to_one_suite(cases):
    code, _, err = await _exam("all", "--cases", cases({"text": "да", "expect": "yes"}))
    assert code == 2
    assert "--cases belongs to one suite" in err


async def test_below_the_wanted_accuracy_it_exits_with_1_and_shows_what_was_wrong(cases, shop_documents):
    good = {"question": "Сколько стоит чайник Булак?", "must_include": ["12500"], "must_not_include": ["9 300"]}
    bad = {"question": "Сколько стоит термос Булак?", "must_include": ["11 111"]}
    file = cases(good, bad)
    code, out, _ = await _exam("answers", "--cases", file, "--knowledge", shop_documents, "--at-least", "0.9", "--json")
    report = json.loads(out)
    assert (code, report["passed"], report["accuracy"]) == (1, 1, 0.5)
    (wrong,) = report["wrong"]
    assert wrong["case"] == 2
    assert "9 300" in wrong["answer"]
    assert wrong["why"] == "does not include «11 111»"


async def test_an_answer_the_documents_do_not_hold_must_name_no_figure_and_offer_to_find_out(cases, shop_documents):
    file = cases({"question": "Сколько стоит самовар на 7 литров?", "in_knowledge": False})
    code, out, _ = await _exam("answers", "--cases", file, "--knowledge", shop_documents, "--at-least", "1", "--json")
    assert (code, json.loads(out)["passed"]) == (0, 1)


@pytest.mark.parametrize(
    ("suite", "line", "says"),
    [
        ("grounding", '{"draft": "x", "facts": ["total"], "expect": "pass"}', "line 1: facts: 'total' is no fact"),
        ("grounding", '{"draft": "x", "facts": [], "expect": "maybe"}', "line 1: expect"),
        ("answers", '{"question": "x"', "line 1: is not JSON"),
        ("moderator", '{"messages": [{"from": "bot", "text": "x"}], "expect": true}', "line 1: messages.0.from"),
        ("answers", "", "holds no case"),
        ("intent", '{"text": "да", "expect": "maybe"}', "line 1: expect"),
        ("optout", '{"text": "стоп", "expect": "sure"}', "line 1: expect"),
        ("callslot", '{"now": "завтра", "text": "x", "expect_at": null, "expect": "no_time"}', "line 1: now"),
        ("callslot", '{"now": "2026-03-11T12:00:00", "text": "x", "expect_at": null, "expect": "no_time"}', "timezone"),
        ("dialogues", '{"persona": "ghost", "seed": 1}', "line 1: persona: Input should be 'buyer', 'haggler'"),
        ("dialogues", '{"persona": "buyer", "seed": -1}', "line 1: seed"),
    ],
)
async def test_a_case_that_cannot_be_read_is_named(cases, suite, line, says):
    code, out, err = await _exam(suite, "--cases", cases(line))
    assert (code, out) == (1, "")
    assert says in err
    assert "Traceback" not in err


async def test_a_hosted_engine_takes_the_same_exam(cases, shop_documents):
    file = cases({"question": "Сколько стоит чайник Булак?", "must_include": ["12 500"]})
    async with FakeModels() as models:
        models.compatible.says({"reply": "Чайник «Булак» стоит 12 500 ₸.", "actions": []})
        code, out, err = await _exam_of_its_own(
            "answers", "--cases", file, "--knowledge", shop_documents, "--engine", "agno", "--at-least", "1",
            COMPATIBLE_BASE_URL=models.compatible.base_url, COMPATIBLE_MODEL="own", COMPATIBLE_API_KEY=KEY,
        )  # fmt: skip
        assert (code, err) == (0, "")
        assert "1 of 1 passed" in out
        assert models.compatible.requests


@pytest.mark.parametrize("broker", ["RABBITMQ_URL", "REDIS_URL"])
async def test_a_real_shops_broker_is_no_part_of_the_exam(cases, shop_documents, broker):
    file = cases({"question": "Сколько стоит чайник Булак?", "must_include": ["12500"]})
    url = refused_url().replace("http", {"RABBITMQ_URL": "amqp", "REDIS_URL": "redis"}[broker])
    code, out, err = await _exam("answers", "--cases", file, "--knowledge", shop_documents, **{broker: url})
    assert (code, err) == (0, "")
    assert "1 of 1 passed" in out


async def test_a_hosted_exam_without_a_hosted_engine_says_what_to_set(cases):
    code, _, err = await _exam("answers", "--engine", "agno")
    assert code == 1
    assert "OPENROUTER_API_KEY" in err
