"""A few of the broken inputs of ``python -m tests.fuzz``, and each that was ever found to do harm."""

import json
import random
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from saudager.errors import Refused
from saudager.importing import rows, values
from saudager.knowledge import lists, texts
from saudager.knowledge.reading import Reading
from saudager.providers.told import read_json
from saudager.sales.importing.layouts import Kind as Sales
from saudager.truth.figures import figures
from tests import fuzz
from tests.fakes.waha import SESSION

TARGETS = {target.name: target for target in fuzz.targets()}


def test_every_target_has_its_share_of_a_long_run() -> None:
    assert TARGETS.keys() == fuzz.SHARES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_falls_over_what_strangers_hand_in(name: str) -> None:
    target = TARGETS[name]

    @given(dice=st.randoms(use_true_random=False))
    @tries(
        max_examples=20,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def tried(dice: random.Random) -> None:
        target.run(target.make(dice))

    tried()


@pytest.mark.parametrize("name", ["Wappi", "WAHA", "WhatsApp Cloud API", "Kommo, chats", "Resend", "SendGrid, events"])
@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
def test_a_call_that_nests_too_deep_is_refused_like_any_unreadable_one(name: str, deep: bytes) -> None:
    TARGETS[name].run(deep)


def test_a_call_of_waha_from_the_end_of_time_does_not_hide_those_after_it() -> None:
    for moment in (10**400, 1e300, float("inf")):
        TARGETS["WAHA"].run(
            json.dumps({"event": "session.status", "session": SESSION, "timestamp": moment, "payload": {}}).encode()
        )


def test_what_a_vendor_tells_has_no_sign_a_database_refuses() -> None:
    assert read_json(rb'{"a\u0000": ["b\ud800c", {"d": "\u0000\ud83d\ude00"}]}') == {
        "a": ["b\ufffdc", {"d": "\U0001f600"}]
    }
    with pytest.raises(ValueError, match="decode"):
        read_json(b'{"a": "\xed\xa0\x80"}')


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), 10**400, -(10**400)])
def test_a_cell_with_no_number_is_told_like_any_wrong_one(cell: Any) -> None:
    for read in (values.money, values.quantity, lambda one: values.moment(one, ZoneInfo("Asia/Almaty"))):
        with pytest.raises(values.Unreadable):
            read(cell)


class Counted(list[str]):
    """Lines that count how often one was looked at."""

    looks = 0

    def __getitem__(self, at: Any) -> Any:
        type(self).looks += 1
        return super().__getitem__(at)


@pytest.mark.parametrize(
    "line", ["--EDGE", "a  b  c", "Что-то: да", "Слово слово слово слово слово слово слово слово слово."]
)
def test_a_long_text_without_blank_lines_is_read_in_steps_of_its_length(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for length in (200, 400):
        looked = 0

        def clean(text: str | None) -> str:
            nonlocal looked
            looked += 1
            return " ".join((text or "").split())

        monkeypatch.setattr(lists, "clean", clean)
        lines = Counted([line] * length)
        Counted.looks = 0
        list(texts.blocks(lines, is_plain=True))
        counts.append(Counted.looks + looked)
    assert counts[1] < 2.2 * counts[0]


def test_a_line_of_dashes_and_bars_is_no_table_and_is_told_at_once() -> None:
    reading = Reading("a.md", "")
    texts.read_markdown(("# a\n| a | b |\n" + "|-" * 20_000 + "x\n" + "[" * 20_000 + "](" * 20_000).encode(), reading)
    assert reading.pages == 1


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ENTITIES = f'<!DOCTYPE x [<!ENTITY l0 "ha"><!ENTITY file SYSTEM "file:///etc/passwd">{LAUGHS}]>'


@pytest.mark.parametrize("entity", ["l9", "file"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_entities_of_a_workbook_are_not_unfolded(part: str, entity: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Wanted"
    book.active.append(["Номер счёта", "Wanted"])
    book.active.append(["17", "Wanted"])
    kept, broken = BytesIO(), BytesIO()
    book.save(kept)
    with ZipFile(kept) as whole, ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name).decode()
            if name in (part, "xl/sharedStrings.xml"):
                head, mark, rest = content.rpartition("?>")
                content = head + mark + ENTITIES + rest.replace("Wanted", f"&{entity};")
            archive.writestr(name, content)
    try:
        sheet = rows.read(broken.getvalue(), Sales.INVOICES.layout)
    except Refused:
        return
    assert "root:" not in str(sheet) and len(str(sheet)) < 10_000


def test_an_amount_with_two_kinds_of_commas_is_read_as_one() -> None:
    (amount,) = figures("За год вы купили на 2,451,500,5 ₸.")
    assert amount.parts == (Decimal("2451500.5"),)
