"""The contact sheet: every angle of a series in its frame, and the one the documentation shows."""

import io

import numpy as np
import pytest
from PIL import Image

from saudager.studio import sheet
from scripts import draw_contact_sheet


def flat(colour: str, size: tuple[int, int] = (300, 300), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def opened(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=np.int64)


def share_of(page: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((np.abs(page - np.array(colour)).max(axis=-1) < 8).mean())


@pytest.mark.parametrize(("kind", "told"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP")])
def test_every_picture_is_in_its_frame(kind: str, told: str):
    content = sheet.draw([("спереди", flat("red")), ("сбоку", flat("blue", kind="JPEG"))], title="Камри", kind=kind)
    assert Image.open(io.BytesIO(content)).format == told
    page = opened(content)
    red, blue = share_of(page, (255, 0, 0)), share_of(page, (0, 0, 255))
    assert red == pytest.approx(blue, rel=0.05) and red > 0.3


def test_a_missing_picture_is_an_empty_frame_with_the_reason():
    there = opened(sheet.draw([("спереди", flat("red")), ("сбоку", "openai: нет денег")], kind="PNG"))
    other = opened(sheet.draw([("спереди", flat("red")), ("сбоку", "")], kind="PNG"))
    assert there.shape == other.shape
    differ = np.argwhere(np.abs(there - other).max(axis=-1) > 60)
    assert len(differ) > 100, "the reason is written"
    assert differ[:, 1].min() > there.shape[1] / 2, "in the frame it belongs to"
    assert share_of(there, (255, 0, 0)) == share_of(other, (255, 0, 0))


def test_a_broken_file_and_a_very_long_reason_do_not_break_the_sheet():
    broken = opened(sheet.draw([("спереди", b"no picture"), ("сбоку", "отказано " * 200), ("Ы" * 300, "")], kind="PNG"))
    assert broken.min() < 150


def test_a_wide_picture_is_shown_whole():
    page = opened(sheet.draw([("a", flat("red", (800, 200)))], kind="PNG"))
    rows = (np.abs(page - np.array((255, 0, 0))).max(axis=-1) < 8).sum(axis=1)
    assert rows.max() > 390 and 90 < (rows > 0).sum() < 110


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 12, 24])
def test_many_angles_make_a_page_that_is_not_higher_than_it_is_wide(count: int):
    page = opened(sheet.draw([(str(number), "нет") for number in range(count)], kind="PNG"))
    assert page.shape[1] > page.shape[0] * 0.85


def test_the_sheet_in_the_documentation_is_what_is_drawn():
    """Other versions of Pillow and other typefaces draw edges and letters a little otherwise."""
    shipped, drawn = draw_contact_sheet.SHEET.read_bytes(), draw_contact_sheet.contact_sheet()
    assert len(shipped) < 300_000
    ours, theirs = (Image.open(io.BytesIO(one)).convert("RGB") for one in (shipped, drawn))
    assert ours.size == theirs.size
    small = [np.asarray(one.resize((160, 135), Image.Resampling.BOX), dtype=np.int64) for one in (ours, theirs)]
    differ = np.abs(small[0] - small[1])
    assert differ.mean() < 1.5 and differ.max() < 60, "make pictures"
