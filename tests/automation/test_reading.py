"""A merchant's YAML is read, or he is told every mistake with its line, its column and what was expected there."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saudager.automation.conditions import AnyOf, Comparison
from saudager.automation.definitions import Branch, Rule, SendMessage, Sequence, Wait, WaitUntil
from saudager.automation.reading import MOST_BYTES, Mistaken, read
from saudager.events import Happened

HEAD = "rule: thanks\ntitle: Спасибо\nwhen: lead_won\n"
THEN = "then:\n  - hand_over: {reason: посмотрите}\n"


def _mistakes(text: str) -> list[tuple[int, int, str, str]]:
    with pytest.raises(Mistaken) as mistaken:
        read(text)
    return [(one.line, one.column, one.path, one.says) for one in mistaken.value.problems]


def test_a_rule_says_when_if_and_what_then():
    rule = read(
        HEAD
        + """if:
  - lead.price >= 100_000
  - not contact.is_client
  - lead.field:Город доставки in ["Алматы", «Астана»]
  - any: [lead.stage == "Думает", lead.responsible is not set]
then:
  - send_message: {text: "Здравствуйте, {contact.name|друг}! {{скидка}}", class: marketing}
  - add_task: {text: Позвонить, in: 2h}
"""
    )
    assert isinstance(rule, Rule)
    assert (rule.name, rule.when, rule.hears) == ("thanks", Happened.LEAD_WON, {Happened.LEAD_WON})
    price, client, town, either = rule.conditions
    assert price == Comparison("lead.price >= 100_000", "lead.price", ">=", Decimal(100_000))
    assert (client.name, client.operator) == ("contact.is_client", "is false")
    assert (town.name, town.literal) == ("lead.field:Город доставки", ("Алматы", "Астана"))
    assert isinstance(either, AnyOf) and [one.operator for one in either.of] == ["==", "is not set"]
    message, task = rule.then
    assert isinstance(message, SendMessage) and message.message_class == "marketing"
    assert task.after == timedelta(hours=2)


def test_a_sequence_says_how_it_begins_and_ends_and_every_step():
    sequence = read("""sequence: thaw
title: Оттаивание
begins: lead_stage_changed
ends: [customer_wrote, lead_won]
steps:
  - wait: 2w
  - wait_until: {time: 9:30, weekday: mon}
  - wait_until: {event: call_booked, at_most: 5d}
  - when: [wait.came, lead.is_open]
    then:
      - begin: {sequence: other}
    else:
      - wait: 30m
""")
    assert isinstance(sequence, Sequence)
    weeks, monday, call, fork = sequence.steps
    assert isinstance(weeks, Wait) and weeks.duration == timedelta(weeks=2)
    assert isinstance(monday, WaitUntil) and (monday.time, monday.weekday) == (time(9, 30), "mon")
    assert isinstance(call, WaitUntil) and (call.event, call.at_most) == (Happened.CALL_BOOKED, timedelta(days=5))
    assert isinstance(fork, Branch) and [step.do for step in (*fork.then, *fork.otherwise)] == ["begin", "wait"]
    assert sequence.hears == {
        Happened.LEAD_STAGE_CHANGED, Happened.CUSTOMER_WROTE, Happened.LEAD_WON, Happened.CALL_BOOKED,
    }  # fmt: skip


def test_all_mistakes_are_told_at_once_each_at_its_place():
    told = _mistakes("""rule: Won Thanks
titel: Спасибо
when: lead_wonn
if:
  - lead.price >= много
then:
  - send_mesage: {text: a}
  - send_message: {txt: "a", class: servise}
  - send_letter: {subject: "", text: 5}
  - add_task: {text: "Позвонить {contact.name", in: 2 часа}
  - wait: 3d
  - begin: {sequence: thaw}
    stop: {sequence: thaw}
""")
    assert [(line, column, path) for line, column, path, _ in told] == [
        (1, 1, ""),
        (1, 7, "rule"),
        (2, 1, "titel"),
        (3, 7, "when"),
        (5, 19, "if[0]"),
        (7, 5, "then[0].send_mesage"),
        (8, 19, "then[1].send_message"),
        (8, 20, "then[1].send_message.txt"),
        (8, 37, "then[1].send_message.class"),
        (9, 28, "then[2].send_letter.subject"),
        (9, 38, "then[2].send_letter.text"),
        (10, 22, "then[3].add_task.text"),
        (10, 53, "then[3].add_task.in"),
        (11, 5, "then[4].wait"),
        (13, 5, "then[5].stop"),
    ]
    says = "\n".join(one[3] for one in told)
    for meant in ("не хватает «title»", "title?", "lead_won?", "send_message?", "text?", "service?", "2h", "«много»"):
        assert meant in says


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("lead.prise > 5", "может быть, lead.price?"),
        ("lead.price contains 'a'", "нельзя сравнивать через «contains»"),
        ("lead.price > 'пять'", "сравнивают так: число"),
        ("contact.name == 5", "текст в кавычках"),
        ("contact.name", "не «да» или «нет»"),
        ("contact.is_client == 1", "только true или false"),
        ("event.text contains 'да'", "у события lead_won не бывает"),
        ("lead.stage in Думает", "ожидается список"),
        ("wait.came", "имени «wait.came» нет"),
        ("lead.is_open is set now", "ничего не пишут"),
        ("__import__('os').system('x')", "ожидается условие"),
        ("lead.price > 5 or true", "ожидается число"),
        ("", "ожидается условие"),
    ],
)
def test_a_condition_that_makes_no_sense_is_told_of(condition: str, says: str):
    ((line, _, path, told),) = _mistakes(HEAD + f'if:\n  - "{condition}"\n' + THEN)
    assert (line, path) == (5, "if[0]")
    assert says in told


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", (1, 1), "ожидается правило"),
        ("title: x", (1, 1), "не сказано, что это"),
        ("rule: a\nsequence: b", (2, 1), "не вместе"),
        ("rule: a\nrule: b", (2, 1), "уже было"),
        ("rule: a\ntitle: раз: два", (2, 11), "двоеточие внутри текста"),
        ("rule: a\n\ttitle: b", (2, 1), "табуляцией"),
        ('rule: a\ntitle: "b', (2, 10), "не закрыта кавычка"),
        ("a: &x [1]\nb: *x", (1, 4), "якорей"),
        ("rule: !!python/object/apply:os.system [x]", (1, 7), "типов"),
        ("rule: a\n---\nrule: b", (2, 1), "только одно"),
        ("[" * 40, (1, 25), "слишком глубоко"),
        ("rule: \x01", (1, 1), "знаки"),
        ("rule: \ud800", (1, 1), "знаки"),
        ("x" * (MOST_BYTES + 1), (1, 1), "длиннее 64 КБ"),
    ],
)
def test_what_is_no_such_yaml_is_refused_at_its_place(text: str, place: tuple[int, int], says: str):
    ((line, column, _, told),) = _mistakes(text)
    assert (line, column) == place
    assert says in told


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("{every: '*/5 * * * *', for: leads}", "чаще раза в час"),
        ("{every: завтра, for: leads}", "не расписание"),
        ("{every: '0 9 * * 1', for: orders}", "бывает: leads, contacts"),
        ("{every: '0 9 * * 1'}", "не хватает «for»"),
        ("scheduled", "события «scheduled» нет"),
    ],
)
def test_the_clock_of_a_rule_is_bounded(when: str, says: str):
    assert any(says in told for *_, told in _mistakes(f"rule: a\ntitle: b\nwhen: {when}\n" + THEN))


def _steps(*steps: str) -> str:
    return "sequence: s\ntitle: t\nsteps:\n" + "".join(f"  - {step}\n" for step in steps)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_steps("wait: 0m"), "от одной минуты"),
        (_steps("wait: 53w"), "365 дней"),
        (_steps("wait_until: {event: lead_won, time: '10:00'}"), "одно из двух"),
        (_steps("wait_until: {weekday: mon}"), "одно из двух"),
        (_steps("wait_until: {time: '10:00', at_most: 3d}"), "только вместе с event"),
        (_steps("wait_until: {time: '25:00'}"), "не время"),
        (_steps(*["wait: 1d"] * 61), "больше 60"),
        (_steps("when: [now.hour > 1]\n    then: [" + "{wait: 1d}, " * 60 + "]"), "шагов больше 60"),
        (_steps("send_message: {text: '{event.text}'}"), "когда начинают вручную"),
        (_steps("hand_over:"), "ожидаются reason"),
        (HEAD + "then: []\n", "не должно быть пустым"),
        (HEAD + "then:\n" + "  - hand_over: {reason: a}\n" * 11, "больше 10"),
        (HEAD + f"then:\n  - send_message: {{text: {'я' * 4001}}}\n", "длиннее 4000"),
    ],
)
def test_lengths_and_waits_are_bounded(text: str, says: str):
    assert any(says in told for *_, told in _mistakes(text))


@pytest.mark.parametrize("nothing", [5, "[5]", "{a: b}", "~"])
def test_any_part_may_be_nonsense_and_is_still_told_of_by_its_place(nothing: Any):
    for part in ("rule", "title", "when", "if", "then"):
        lines = {"rule": "a", "title": "b", "when": "lead_won", "if": "[]", "then": "[{hand_over: {reason: a}}]"}
        told = _mistakes("".join(f"{word}: {value}\n" for word, value in (lines | {part: nothing}).items()))
        assert {one[0] for one in told} == {list(lines).index(part) + 1}, part


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "if: ['lead.name in [a" + " " * 400 + "\"]']\n" + THEN, "ожидается список"),
        (HEAD + "if: [any: [" + ", ".join(["lead.is_open"] * 21) + "]]\n" + THEN, "больше 20"),
        (HEAD + "if: ['lead.price in [true]']\n" + THEN, "true и false в списке не бывает"),
        (HEAD.replace("lead_won", "{every: 0 9 30 2 *, for: leads}") + THEN, "никогда не бывает"),
        (HEAD.replace("lead_won", "{every: 0 R * * *, for: leads}") + THEN, "наугад не бывает"),
        (HEAD + 'then: [hand_over: {reason: "\\0"}]\n', "знаки, которых не бывает"),
        (HEAD + 'then: [hand_over: {reason: "\\uD800"}]\n', "знаки, которых не бывает"),
        (HEAD + 'then: [hand_over: {reason: "\\UFFFFFFFF"}]\n', "знаки, которых в YAML не бывает"),
        (HEAD + "then: [add_task: {do: send_message, text: x}]\n", "слова «do» здесь не бывает"),
        (HEAD + "then: [send_message: {text: '   '}]\n", "не должно быть пустым"),
        (HEAD.replace("Спасибо", "' '") + THEN, "не должно быть пустым"),
        ("rule: [" + "a," * 30_000 + "]\n", "слишком много"),
    ],
    ids=lambda text: None if len(text) > 60 else text,
)
def test_what_would_freeze_mislead_or_not_be_stored_is_a_mistake_with_its_place(text, says):
    assert says in _mistakes(text)[0][3]
