"""The bill of materials names everything the lock installs, with hash and licence, the same each time."""

import json
from pathlib import Path

import pytest

from saudager import __version__
from scripts import list_licences, write_sbom

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_bill_of_materials_holds_the_whole_lock_and_is_the_same_each_time(tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion  # takes seconds to load
    from cyclonedx.validation.json import JsonStrictValidator

    told = write_sbom.written(tmp_path / "once.json")
    assert told == write_sbom.written(tmp_path / "again.json")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(told) is None
    bom = json.loads(told)
    assert (bom["metadata"]["component"]["name"], bom["metadata"]["component"]["version"]) == ("saudager", __version__)
    named = {(one["name"], one["version"]) for one in bom["components"]}
    locked = list_licences.locked()
    assert named == {(name, version) for name, versions in locked.items() for version in versions}
    for one in bom["components"]:
        assert one["licenses"] and one["externalReferences"][0]["hashes"], one["name"]
