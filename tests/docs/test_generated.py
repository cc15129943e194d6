"""The generated documents say what the code says."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from saudager.contracts import CONTRACT
from saudager.languages import synonyms

ROOT = Path(__file__).parents[2]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_docs = script("make_docs")


@pytest.mark.parametrize("name", make_docs.GENERATED)
def test_the_committed_page_is_what_make_docs_writes(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == make_docs.GENERATED[name](), "run `make docs`"


def test_the_dictionary_forms_shipped_beside_the_synonyms_are_those_of_their_words():
    assert synonyms.LEMMAS.read_text(encoding="utf-8") == script("lemmatise_synonyms").written(), "run `make docs`"


@pytest.mark.parametrize("queue", CONTRACT)
def test_the_example_of_every_queue_is_a_valid_message(queue):
    CONTRACT[queue].message.model_validate_json(json.dumps(make_docs._EXAMPLES[queue]))
