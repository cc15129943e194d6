"""The whole trace of a turn on the page: stopped drafts, deeds, requests with tokens and money, the prompt."""

import html
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from saudager.providers.llm import Action, Decision
from tests.demo.conftest import OpenDemo
from tests.demo.hosted import LIE, TRUE, Hosted
from tests.demo.visitor import visiting

pytestmark = pytest.mark.slow

ASKED = "Сколько стоит двустворчатое окно 1500×1500 в профиле «Премиум 76»?"


async def test_a_hosted_turn_tells_every_draft_deed_request_and_the_prompt(open_demo: OpenDemo):
    wished = Decision(
        reply=LIE, actions=[Action(kind="book", detail="завтра"), Action(kind="hand_over", detail="замер")]
    )
    async with open_demo(model=Hosted(wished, TRUE)) as address, visiting(address) as visitor:
        assert "131 000 ₸ (источник: prices.pdf, стр. 1, строка 3)" in await visitor.asks(ASKED)
        why = visitor.words("why")
        assert in_order(
            why,
            "✓ все цифры подтверждены",
            "клиент уверенность 0,97 · решила модель Gemini Спрашивает <b>цену</b> окна.",
            "На чём основано prices.pdf, стр. 1, строка 3",
            "совпадение",
            "Ещё найдено",
            "Цифры",
            "✗ остановлен 1-й черновик · Gemini " + LIE,
            "99 000",
            "Не сделано: записать на звонок",
            "✓ отправлен 2-й черновик · Gemini",
            "Действия ✓ сделано Позвать человека Вопрос передан человеку. замер",
            "Запросы к модели OpenRouter some/model ✗ не ответила вовремя 40 мс",
            "Gemini gemini-flash 1 151 токен: 1 100 в запросе (900 из кэша), 51 в ответе · 0,0002 $ · 640 мс",
            "всего 2 302 токена, 0,0004 $, 1,3 с",
            "Промпт целиком",
            "фрагментов документов)",
            "Время ждал",
        )
        assert "0 ₸" not in why.rpartition("Время ждал")[2]
        assert "<details open" not in visitor.pieces["why"]


async def test_when_the_hosted_model_keeps_lying_the_offline_draft_is_shown_as_the_one_said(open_demo: OpenDemo):
    async with open_demo(model=Hosted(LIE, LIE, usd=None)) as address, visiting(address) as visitor:
        assert "99 000" not in await visitor.asks(ASKED)
        why = visitor.words("why")
        assert in_order(
            why,
            "1-й черновик · Gemini",
            "2-й черновик · Gemini",
            "✓ отправлен 3-й черновик · офлайн-модель",
            "всего 2 302 токена, цена неизвестна",
        )


async def test_an_offline_turn_names_no_requests_and_traces_of_older_versions_are_still_drawn(
    open_demo: OpenDemo, tmp_path: Path
):
    async with open_demo() as address, visiting(address) as visitor:
        await visitor.asks(ASKED)
        shown = visitor.words("why")
        assert "Запросы" not in shown and "Промпт" not in shown and "остановлен" not in shown
        assert "Время и деньги" in shown and "0 ₸" in shown
    row = {"file": "prices.pdf", "page": 1, "row": 3, "section": "Окна", "text": "Цена: 131 000 ₸"}
    older = {
        "who": {"is_client": True, "confidence": 0.9, "reasoning": "Спрашивает цену."},
        "model": "offline",
        "draft": LIE,
        "facts": [row],
        "figures": [{"text": "99 000", "source": None}],
        "problems": ["99 000 ₸ нет в документах"],
        "actions": [{"kind": "hand_over", "detail": "цена окна"}],
        "took_ms": {"search": 1.0},
    }
    for trace in (older, {"took_ms": {"waited": 3}}, {}):
        rewrite_trace(tmp_path / "data" / "saudager.db", trace)
        async with open_demo() as address, visiting(address) as visitor:
            answer = await visitor.http.get("/why/1")
            assert answer.status_code == 200
            words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.json()["html"])).split())
            assert ASKED in words
            if trace is older:
                assert in_order(
                    words,
                    "черновик не прошёл",
                    "так решено раньше",
                    "нет источника",
                    LIE,
                    "99 000 ₸ нет",
                    "готовая фраза",
                )


def rewrite_trace(database: Path, trace: dict[str, Any]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("update turns set trace = ?", (json.dumps(trace),))


def in_order(words: str, *parts: str) -> bool:
    """Whether all parts stand in the words, one after the other; the first that does not is named."""
    at = 0
    for part in parts:
        found = words.find(part, at)
        assert found >= 0, f"{part!r} does not follow in {words[at:]!r}"
        at = found + len(part)
    return True
