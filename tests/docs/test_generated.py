"""The generated documents say what the code says."""

import json
from pathlib import Path

import pytest

from saudager.contracts import CONTRACT
from saudager.languages import synonyms
from scripts import lemmatise_synonyms, list_licences, make_docs


def test_the_committed_pages_are_what_make_docs_writes():
    written = make_docs.written()
    committed = {name: path.read_text(encoding="utf-8") for name in written if (path := make_docs.DOCS / name).exists()}
    assert [name for name in written if committed.get(name) != written[name]] == [], "run `make docs`"
    reference = {f"api-reference/{path.name}" for path in (make_docs.DOCS / "api-reference").iterdir()}
    assert reference - set(written) == set(), "nothing writes these pages any more"


def test_the_dictionary_forms_shipped_beside_the_synonyms_are_those_of_their_words():
    assert synonyms.LEMMAS.read_text(encoding="utf-8") == lemmatise_synonyms.written(), "run `make docs`"


def test_the_page_of_licences_is_that_of_what_is_locked_and_every_one_goes_with_apache_2():
    assert list_licences.PAGE.read_text(encoding="utf-8") == list_licences.written(), "run `make docs`"


@pytest.mark.parametrize("said", ["License-Expression: GPL-3.0-only", "License: GPLv3", "Summary: says nothing of it"])
def test_a_library_under_the_gpl_or_without_a_licence_is_refused(tmp_path: Path, monkeypatch, said: str):
    about = tmp_path / "greedy-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(f"Metadata-Version: 2.4\nName: greedy\nVersion: 1.0\n{said}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="greedy: none of these is a licence"):
        list_licences.licence_of("greedy")


@pytest.mark.parametrize("queue", CONTRACT)
def test_the_example_of_every_queue_is_a_valid_message(queue):
    CONTRACT[queue].message.model_validate_json(json.dumps(make_docs.EXAMPLES[queue]))
