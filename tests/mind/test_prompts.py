"""Prompts are texts with checked placeholders: files, and versions saved over them."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from saudager.errors import ConfigurationError, Refused
from saudager.prompts import PLACEHOLDERS, load, versions
from saudager.prompts.models import PromptVersion
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from tests.conftest import OpenShop


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
def test_the_shipped_prompt_fills_completely(name: str) -> None:
    filled = load(name).fill(**{field: f"<{field}>" for field in PLACEHOLDERS[name]})
    assert all(f"<{field}>" in filled and f"{{{field}}}" not in filled for field in PLACEHOLDERS[name])


def test_a_json_example_and_braces_in_values_survive() -> None:
    values = dict.fromkeys(PLACEHOLDERS["moderator"], "") | {"conversation_history": '{contact_name} и {"a": 1}'}
    filled = load("moderator").fill(**values)
    assert '{"isClient": true' in filled
    assert "{contact_name} и" in filled


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{knowledge_base} {conversation_history} {new_message}", "{current_datetime}"),
        ("{knowledge_base} {conversation_history} {new_message} {current_datetime} {price_list}", "{price_list}"),
    ],
    ids=["missing", "unknown"],
)
def test_a_wrong_placeholder_names_the_file_and_itself(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "sales.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sales\.txt") as caught:
        load("sales", tmp_path)
    assert named in str(caught.value)


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="new_message"):
        load("sales").fill(knowledge_base="", conversation_history="", current_datetime="")


def test_a_folder_without_the_file_falls_back_to_the_shipped_one(tmp_path: Path) -> None:
    assert load("sales", tmp_path) == load("sales")


OWN = "Ты продаёшь двери.\n{knowledge_base}\n{conversation_history}\n{new_message}\n{current_datetime}\n"


async def _save(shop: Shop, text: str, *, based_on: int | None = None) -> int:
    now = shop.clock.now()
    return await shop.app.db.run(versions.save, "sales", text, based_on=based_on, note="", by="Марат", now=now)


@pytest.mark.both_kinds
async def test_the_version_saved_in_the_database_wins(open_shop: OpenShop) -> None:
    model = ScriptedModel(["Да."] * 3)
    shop = await open_shop(model=model)
    saved = await _save(shop, OWN)
    await shop.ask_as_customer("Здравствуйте, сколько стоит дверь?")
    assert model.briefings[-1].instructions.startswith("Ты продаёшь двери.")
    await shop.app.db.run(versions.put_in_force, "sales", None)
    await shop.ask_as_customer("А окно сколько стоит?", chat="77010000002@c.us")
    assert model.briefings[-1].instructions.startswith(load("sales").text[:40])
    await shop.app.db.run(versions.put_in_force, "sales", saved)
    await shop.ask_as_customer("А стол сколько стоит?", chat="77010000003@c.us")
    assert model.briefings[-1].instructions.startswith("Ты продаёшь двери.")


async def test_a_version_with_a_wrong_placeholder_is_not_saved(open_shop: OpenShop) -> None:
    shop = await open_shop()
    with pytest.raises(ConfigurationError, match=r"не хватает поля \{new_message\}"):
        await _save(shop, OWN.replace("{new_message}", ""))
    assert await shop.app.db.read(versions.newest, "sales") == []


async def test_two_who_edit_the_same_version_do_not_overwrite_each_other(open_shop: OpenShop) -> None:
    shop = await open_shop()
    first = await _save(shop, OWN)
    with pytest.raises(Refused, match="Марат"):
        await _save(shop, OWN + "Ещё.")
    second = await _save(shop, OWN + "Ещё.", based_on=first)
    assert [(one.id, one.in_force) for one in await shop.app.db.read(versions.newest, "sales")] == [
        (second, True),
        (first, False),
    ]


async def test_a_saved_version_the_release_no_longer_knows_gives_way_to_the_file(open_shop: OpenShop) -> None:
    model = ScriptedModel(["Да."])
    shop = await open_shop(model=model)
    saved = await _save(shop, OWN)

    def spoil(session: Session) -> None:
        session.get_one(PromptVersion, saved).text = "{a_field_of_another_release}"

    await shop.app.db.run(spoil)
    await shop.ask_as_customer("Здравствуйте, сколько стоит дверь?")
    assert model.briefings[-1].instructions.startswith(load("sales").text[:40])


def test_two_texts_are_compared_line_by_line() -> None:
    lines = versions.compare("а\nб\nв", "а\nг\nв")
    assert [(line.kind, line.text) for line in lines] == [
        ("same", "а"),
        ("removed", "б"),
        ("added", "г"),
        ("same", "в"),
    ]
