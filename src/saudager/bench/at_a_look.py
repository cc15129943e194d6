"""What a stranger asks first: the five figures, throughput, memory and start-up, ours beside what he would use instead.

A line or a chart is there when its benches have been measured, and each says its contenders' figures of one run. What
listmonk publishes is quoted with its source; nobody measured it here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from saudager.bench.chart import Bar, draw

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Row]]
Told = tuple[str, str, str]
"""Ours, theirs, and why ours is worse where it is."""
_LISTMONK_SENDS = (
    "listmonk publishes: 57 MB at the peak of 7+ million letters "
    "([its author, 2021-09-20](https://github.com/knadh/listmonk/issues/475)), about 50 000 letters a minute for each "
    "SMTP server ([2024-04-02](https://github.com/knadh/listmonk/issues/1805))"
)


def table(rows: Rows) -> str:
    """One row a question; '' when none of its benches has been measured."""
    lines = [
        f"| {asked} | {ours} | {theirs} | {why} |"
        for asked, needed, told in _LINES
        if (found := _found(rows, needed)) is not None
        for ours, theirs, why in [told(*found)]
    ]
    head = ["| | Saudager | beside it | where ours is worse, why |", "|---|---|---|---|"]
    return "\n".join([*head, *lines]) if lines else ""


def charts(rows: Rows) -> dict[str, tuple[str, str]]:
    """By file name: the title and the SVG."""
    return {name: (title, draw(title, unit, bars)) for name, title, unit, bars in _charts(rows)}


def _found(rows: Rows, needed: str) -> list[Row] | None:
    """The rows ``bench/variant bench/variant`` names; None when one is missing."""
    found = [rows.get(bench, {}).get(variant) for bench, variant in (one.split("/") for one in needed.split())]
    return None if None in found else [row for row in found if row is not None]


def _of(row: Row, some: str) -> str:
    return f"{row[some]} of {row['of']}, {row['percent']} % ({row['percent_low']}–{row['percent_high']})"


def _cost(row: Row) -> str:
    return (
        f"{row['tokens_in']:,.0f} tokens in, {row['tokens_out']:.0f} out; "
        f"{_cents(row, 'usd_gemini_3_7_flash')} ¢ Gemini 3.7 Flash, {_cents(row, 'usd_gpt_5_4_mini')} ¢ GPT-5.4 mini; "
        f"with the best prompt cache {_cents(row, 'usd_cached_gemini_3_7_flash')} ¢ and "
        f"{_cents(row, 'usd_cached_gpt_5_4_mini')} ¢"
    ).replace(",", "\u202f", 1)


def _cents(row: Row, name: str) -> str:
    return f"{row[name] * 100:.2f}"


def _why(is_worse: bool, why: str) -> str:
    return why if is_worse else ""


def _cost_line(ours: Row, passages: Row, bare: Row) -> Told:
    return (
        f"{_cost(ours)}. With `KNOWLEDGE_WHOLE_TOKENS=0`: {_cost(passages)}",
        f"bare Agno agent, whole documents in its prompt, answers only: {_cost(bare)}",
        _why(
            ours["tokens_in"] > bare["tokens_in"],
            "it also asks who writes, whether to write again and which time was agreed; the bare agent only answers",
        ),
    )


def _figures_line(ours: Row, bare: Row) -> Told:
    return (
        f"{_of(ours, 'wrong')}; errs in {ours['errs']:.0%} of drafts, {ours['lies_stopped']} of {ours['lies']} "
        f"of these stopped, and {ours['true_stopped']} of {ours['true_drafts']} true ones",
        f"the same drafts without the guard: {_of(bare, 'wrong')}",
        "",
    )


def _wait_line(ours: Row, at_once: Row, bare: Row) -> Told:
    return (
        f"{ours['p50_ms'] / 1000:.2f} s with a model that thinks {ours['model_s']:g} s, of which "
        f"{ours['patience_complete']} s wait for a next line; "
        f"without that wait {at_once['p50_ms'] / 1000:.2f} s ({at_once['calls']:g} calls: who writes, what to answer)",
        f"bare Agno agent: {bare['p50_ms'] / 1000:.2f} s ({bare['calls']:g} call)",
        _why(
            ours["p50_ms"] > bare["p50_ms"],
            "several lines of one customer get one answer, the family and spam get none; the bare agent answers each "
            "line, whoever writes",
        ),
    )


def _followups_line(ours: Row, rule: Row) -> Told:
    return (
        f"{_of(ours, 'wrong')}; {ours['undecided_reached']} of {ours['undecided']} undecided customers reached",
        f"“24 hours of silence: write”: {_of(rule, 'wrong')}; "
        f"{rule['undecided_reached']} of {rule['undecided']} reached",
        "",
    )


def _calls_line(booked: Row, ours: Row, pattern: Row) -> Told:
    return (
        f"{_of(booked, 'booked')}; times understood {_of(ours, 'understood')}, of those set aside "
        f"{ours['kept_understood']} of {ours['kept_of']}",
        f"a pattern for day and hour: times understood {_of(pattern, 'understood')}, of those set aside "
        f"{pattern['kept_understood']} of {pattern['kept_of']}",
        "",
    )


def _throughput_line(embedded: Row, ours: Row, celery: Row) -> Told:
    return (
        f"{embedded['messages_per_s']:.0f} messages/s in one process on SQLite, {ours['messages_per_s']:.0f} as two "
        f"services on RabbitMQ and PostgreSQL",
        f"Celery pipeline on the same servers, without order, patience or checks: {celery['messages_per_s']:.0f}",
        _why(
            ours["messages_per_s"] < celery["messages_per_s"],
            "a line is stored and confirmed by both services, in its conversation's order, before it counts as taken",
        ),
    )


def _start_line(ours: Row, celery: Row) -> Told:
    return (
        f"{ours['cpu_s']:.1f} s of the processor, {ours['health_s']:.1f} s by the clock of the machine as busy as it "
        f"was ({ours['first_s']:.1f} s the first time)",
        f"Celery stack: {celery['cpu_s']:.1f} s of the processor, {celery['health_s']:.1f} s by the clock, its worker "
        f"works after {celery['working_s']:.1f} s",
        _why(
            ours["health_s"] > celery["health_s"],
            "its /health is good when the whole shop works, schema and dictionaries included; the stack's answers "
            "before its worker does",
        ),
    )


def _memory_line(ours: Row, with_model: Row, celery: Row, bare: Row) -> Told:
    return (
        f"{ours['idle_mb']:.0f} MB in {ours['processes']} process, {with_model['idle_mb']:.0f} MB with a hosted model "
        f"set",
        f"Celery stack {celery['idle_mb']:.0f} MB in {celery['processes']} processes beside its Redis and PostgreSQL; "
        f"bare Agno agent {bare['idle_mb']:.0f} MB",
        _why(
            with_model["idle_mb"] > bare["idle_mb"],
            "the agent alone has no queues, database, console, messengers or documents",
        ),
    )


def _letters_line(ours: Row) -> Told:
    return (
        f"{ours['letters_per_s']:.0f} letters/s, each rendered with a chart, queued and sent by SMTP on loopback; "
        f"{ours['peak_mb']:.0f} MB at the peak of {ours['letters']} letters",
        _LISTMONK_SENDS,
        "listmonk sends one text to many; here each letter is written for its buyer",
    )


_LINES: tuple[tuple[str, str, Callable[..., Told]], ...] = (
    (
        "What a conversation costs",
        "conversations/cost_product conversations/cost_product_passages conversations/cost_bare_agno",
        _cost_line,
    ),
    (
        "Answers with a wrong figure, by a model that errs on purpose",
        "conversations/figures_product conversations/figures_no_guard",
        _figures_line,
    ),
    (
        "From a new customer's message to the answer",
        "conversations/answer_product conversations/answer_product_no_patience conversations/answer_bare_agno",
        _wait_line,
    ),
    (
        "Wrong follow-ups",
        "conversations/followups_product conversations/followups_24h_rule",
        _followups_line,
    ),
    (
        "Agreed calls booked at the agreed time",
        "conversations/calls_product conversations/times_product conversations/times_pattern",
        _calls_line,
    ),
    (
        "Throughput, customer's line to answer",
        "engines/embedded engines/rabbitmq_postgresql engines/pipeline_rabbitmq_postgresql",
        _throughput_line,
    ),
    ("Start to the first good /health", "starting/saudager_up starting/celery_stack", _start_line),
    (
        "Memory with nothing to do",
        "starting/saudager_up starting/saudager_up_model starting/celery_stack starting/bare_agno",
        _memory_line,
    ),
    ("Letters sent", "letters/send_10000", _letters_line),
)
LOOKED_AT = frozenset(one.split("/")[0] for _, needed, _ in _LINES for one in needed.split())
"""The benches the table is made of."""


def _charts(rows: Rows) -> Iterator[tuple[str, str, str, list[Bar]]]:
    talks, engines, starting = rows.get("conversations", {}), rows.get("engines", {}), rows.get("starting", {})
    drawn = (
        (
            "cost",
            "Tokens sent to a model in one conversation",
            "thousands of tokens, mean and 95 % interval; fewer is better",
            _bars(
                talks,
                "tokens_in",
                1000,
                cost_product="Saudager as shipped",
                cost_product_passages="Saudager, found passages",
                cost_bare_agno="bare Agno agent",
            ),
        ),
        (
            "figures",
            "Answers with a wrong figure",
            "% of answers of a model that errs on purpose, 95 % interval; fewer is better",
            _bars(talks, "percent", figures_product="Saudager", figures_no_guard="without the guard"),
        ),
        (
            "answer",
            "From a new customer's message to the answer",
            "seconds, median and 95 % interval, the model's thinking included; fewer is better",
            _bars(
                talks,
                "p50_ms",
                1000,
                answer_product="Saudager as shipped",
                answer_product_no_patience="Saudager without patience",
                answer_bare_agno="bare Agno agent",
            ),
        ),
        (
            "followups",
            "Wrong follow-ups",
            "% of those written, 95 % interval; fewer is better",
            _bars(talks, "percent", followups_product="Saudager", followups_24h_rule="24 hours of silence: write"),
        ),
        (
            "times",
            "Times of a call understood",
            "% of the exam's lines, 95 % interval; more is better",
            _bars(
                talks,
                "percent",
                times_product="Saudager",
                times_dateparser="dateparser",
                times_pattern="pattern for day and hour",
            ),
        ),
        (
            "throughput",
            "Customers' lines answered in a burst",
            "messages a second; more is better",
            _bars(
                engines,
                "messages_per_s",
                embedded="Saudager, one process",
                rabbitmq_postgresql="Saudager, RabbitMQ",
                redis_postgresql="Saudager, Redis",
                pipeline_rabbitmq_postgresql="Celery, RabbitMQ",
                pipeline_redis_postgresql="Celery, Redis",
            ),
        ),
        (
            "start",
            "Start to the first good /health",
            "seconds of the processor; fewer is better",
            _bars(
                starting,
                "cpu_s",
                saudager_up="Saudager",
                saudager_up_model="Saudager, hosted model set",
                celery_stack="Celery stack",
                bare_agno="bare Agno agent",
            ),
        ),
        (
            "memory",
            "Memory with nothing to do",
            "MB of all its processes, broker and database apart; less is better",
            _bars(
                starting,
                "idle_mb",
                saudager_up="Saudager",
                saudager_up_model="Saudager, hosted model set",
                celery_stack="Celery stack",
                bare_agno="bare Agno agent",
            ),
        ),
    )
    for name, title, unit, bars in drawn:
        if any(bar.ours for bar in bars) and not all(bar.ours for bar in bars):
            yield name, title, unit, bars


def _bars(rows: Mapping[str, Row], figure: str, divided_by: float = 1, **labels: str) -> list[Bar]:
    """A bar for each variant that has been measured, in this order."""
    return [
        Bar(
            label,
            row[figure] / divided_by,
            ours=label.startswith("Saudager"),
            low=None if (low := row.get(f"{figure}_low")) is None else low / divided_by,
            high=None if (high := row.get(f"{figure}_high")) is None else high / divided_by,
        )
        for variant, label in labels.items()
        if (row := rows.get(variant)) is not None
    ]
