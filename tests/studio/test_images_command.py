"""``saudager images`` draws a series on this machine and says what came of it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from saudager.cli import main
from saudager.studio import series
from tests.studio.easel import flat

pytestmark = pytest.mark.slow

WORDS = "Toyota Camry 2021 white sedan"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "saudager.db").write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WEB_SEARCH", "off")
    monkeypatch.setenv("IMAGE_ENGINES", "offline")

    def images(*words: str) -> Result:
        return CliRunner().invoke(main, ["images", *words], catch_exceptions=False)

    return images


def test_a_series_is_printed_as_the_json_that_was_promised_and_copied_out(run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(WORDS, "--angles", "front,вид сверху", "--session", "CAR-3f8a9b2c", "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert set(told) == {"session_id", "images", "prompts"}
    assert told["session_id"] == "CAR-3f8a9b2c"
    assert set(told["prompts"][0]) == {"angle", "prompt", "seed", "session_id", "reference"}
    for asked, image in zip(told["prompts"], told["images"], strict=True):
        assert {"url", "angle", "seed", "session_id", "prompt"} <= set(image)
        assert image["seed"] == asked["seed"] == series.seed_of("CAR-3f8a9b2c", image["angle"])
        assert image["url"].startswith("http://127.0.0.1:8000/pictures/")
        assert image["session_id"] == "CAR-3f8a9b2c"
        with Image.open(image["file"]) as picture:
            assert picture.size == (image["width"], image["height"])
    assert [one.name for one in sorted(out.iterdir())] == ["CAR-3f8a9b2c-front.png", "CAR-3f8a9b2c-вид_сверху.png"]
    assert "2021 white Toyota Camry sedan" in told["prompts"][0]["prompt"]


def test_the_pictures_are_laid_out_on_one_contact_sheet(run, tmp_path: Path) -> None:
    for name, kind in (("sheet.png", "PNG"), ("new/sheet.jpg", "JPEG")):
        done = run(WORDS, "--angles", "front,side", "--sheet", str(tmp_path / name))
        assert done.exit_code == 0, done.output
        with Image.open(tmp_path / name) as page:
            assert page.format == kind and page.width > page.height


def test_the_addresses_are_printed_and_a_series_that_is_whole_is_gone_on_with_for_nothing(run) -> None:
    done = run(WORDS, "--session", "CAR-3f8a9b2c")
    assert done.exit_code == 0, done.output
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == ["front", "side", "rear"]
    again = run("--go-on", "CAR-3f8a9b2c")
    assert (again.exit_code, again.stdout) == (0, done.stdout)


def test_the_merchants_photo_is_what_the_pictures_are_kept_to(run, tmp_path: Path) -> None:
    photo = tmp_path / "mine.png"
    photo.write_bytes(flat())
    done = run(WORDS, "--angles", "front", "--photo", str(photo), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["images"][0]["fidelity"] is not None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ([], "Say what to draw"),
        ([WORDS, "--go-on", "CAR-3f8a9b2c"], "Say what to draw"),
        (["--go-on", "CAR-00000000"], "Серии CAR-00000000 нет"),
        ([WORDS, "--angles", ","], "Нужен хотя бы один ракурс"),
        ([WORDS, "--angles", "front,!!"], "не ракурс"),
        ([WORDS, "--photo", __file__], "Это не картинка"),
        ([WORDS, "--photo", "nowhere.png"], "does not exist"),
        ([WORDS, "--keep", "photo"], "wants a --photo"),
        ([WORDS, "--session", "нет"], "не номер серии"),
        (["   "], "Напишите, что нарисовать"),
    ],
)
def test_what_is_no_use_is_said_and_leaves_nothing(run, tmp_path: Path, asked: list[str], says: str) -> None:
    done = run(*asked)
    assert done.exit_code == 2
    assert says in done.output
    assert not [*(tmp_path / "data").rglob("*.png")]
