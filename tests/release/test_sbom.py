"""The bill of materials names everything the lock installs, with hash and licence, the same each time."""

import json
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from saudager import __version__
from tests.scripts import ROOT, script


@pytest.mark.slow
def test_the_bill_of_materials_holds_the_whole_lock_and_is_the_same_each_time(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    monkeypatch.delitem(sys.modules, "list_licences", raising=False)
    told = script("write_sbom").written(tmp_path / "once.json")
    assert told == script("write_sbom").written(tmp_path / "again.json")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(told) is None
    bom = json.loads(told)
    assert (bom["metadata"]["component"]["name"], bom["metadata"]["component"]["version"]) == ("saudager", __version__)
    named = {(one["name"], one["version"]) for one in bom["components"]}
    locked = script("list_licences").locked()
    assert named == {(name, version) for name, versions in locked.items() for version in versions}
    for one in bom["components"]:
        assert one["licenses"] and one["externalReferences"][0]["hashes"], one["name"]
