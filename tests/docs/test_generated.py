"""The generated documents say what the code says."""

import json

import pytest
from scripts import lemmatise_synonyms, make_docs

from saudager.contracts import CONTRACT
from saudager.languages import synonyms


def test_the_committed_pages_are_what_make_docs_writes():
    written = make_docs.written()
    committed = {name: path.read_text(encoding="utf-8") for name in written if (path := make_docs.DOCS / name).exists()}
    assert [name for name in written if committed.get(name) != written[name]] == [], "run `make docs`"
    reference = {f"api-reference/{path.name}" for path in (make_docs.DOCS / "api-reference").iterdir()}
    assert reference - set(written) == set(), "nothing writes these pages any more"


def test_the_dictionary_forms_shipped_beside_the_synonyms_are_those_of_their_words():
    assert synonyms.LEMMAS.read_text(encoding="utf-8") == lemmatise_synonyms.written(), "run `make docs`"


@pytest.mark.parametrize("queue", CONTRACT)
def test_the_example_of_every_queue_is_a_valid_message(queue):
    CONTRACT[queue].message.model_validate_json(json.dumps(make_docs.EXAMPLES[queue]))
