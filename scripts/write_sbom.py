"""Write dist/sbom.cdx.json: what is installed with the product, as CycloneDX. ``make sbom`` runs it.

The same locks give the same file, byte by byte.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from list_licences import licence_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from saudager import __version__

ROOT = Path(__file__).parents[1]


def written(scratch: Path) -> str:
    """The components of requirements.lock with their hashes and licences, below the product and its version."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.lock", "--pyproject"]
    options = [
        "pyproject.toml",
        "--output-reproducible",
        "--no-validate",
        "--output-format",
        "JSON",
        "--output-file",
        str(scratch),
    ]
    subprocess.run([*command, *options], cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    bom: dict[str, Any] = json.loads(scratch.read_text(encoding="utf-8"))
    product = bom["metadata"]["component"]
    product["version"] = __version__
    product["purl"] = f"pkg:pypi/saudager@{__version__}"
    for component in bom["components"]:
        del component["description"]  # the line of the lock once more
        component["licenses"] = [{"expression": licence_of(component["name"])}]
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    direct = {canonicalize_name(Requirement(one).name) for one in asked}
    below = [one["bom-ref"] for one in bom["components"] if one["name"] in direct]
    next(one for one in bom["dependencies"] if one["ref"] == product["bom-ref"])["dependsOn"] = sorted(below)
    return json.dumps(bom, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    target = ROOT / "dist" / "sbom.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(written(target), encoding="utf-8")
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
