"""Write docs/licences.md: the licences of what is installed and of what is shipped. ``make docs`` runs it."""

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU"),
    *("MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
}
EXCEPTIONS = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
"""Imported as published, and replaceable by another version: what the LGPL asks of who uses a library."""
SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What older metadata say, as SPDX. Each "BSD License" of the lock is the three-clause text."""
READ_BY_HAND = {
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "httpx2-jsfetch": "BSD-3-Clause",
    "mrml": "MIT",
    "pyasn1-modules": "BSD-2-Clause",
    "setuptools": "MIT",
}
"""Not installed on every machine, or (mrml, pyasn1-modules) not told exactly by their metadata: read in their archives,
mrml's in its repository's Cargo.toml, on 2026-11-28."""
_LOCKED = re.compile(r"^([a-z0-9-]+)(?:\[[\w,-]+\])?==(\S+)", re.MULTILINE)
_HEAD = """# Licences

Saudager is [Apache-2.0](../LICENSE). Made by `make docs` from `requirements.lock` and what the libraries say of
themselves; a test fails while this page is stale, and when a library has a licence that does not go with Apache-2.0
(GPL, AGPL, or none).

## What is shipped with the product

| what | where, below `src/saudager` | licence |
|---|---|---|
| htmx 2.0.11, unchanged | `console/static/htmx.min.js` | 0BSD |
| idiomorph 0.8.0, unchanged | `console/static/idiomorph-ext.min.js` | 0BSD |
| dictionary forms of the synonyms, looked up in OpenCorpora's dictionary | `languages/synonyms_lemmas.txt` | CC BY-SA |
| all else | everywhere | Apache-2.0 |

Made for Saudager are the icons, word lists, towns, common passwords, learned weights, exams, and the sample shop with
its PDFs. No typeface is shipped: pictures and charts use one of the machine's.

## Libraries

What `pip install -r requirements.lock` installs, on any machine; hatchling and what it brings are only for building.

| library | version | licence |
|---|---|---|
"""
_FOOT = """
psycopg is LGPL-3.0. It is imported as it is published, not changed and not linked into anything, and can be replaced
by another version; it is only used with PostgreSQL. Its wheel `psycopg-binary` carries libpq and what that needs.

pymorphy3-dicts-ru is MIT as a package; the dictionary inside is that of [OpenCorpora](https://opencorpora.org), CC
BY-SA.

Wheels carry libraries of others, whose licences are in the `licenses` folders they install: OpenBLAS and GCC's
libgfortran (GPL-3.0 with the exception for programs that use it) in numpy, PDFium in pypdfium2, OpenSSL in cryptography
and psycopg-binary, libjpeg, libpng, FreeType and others in pillow, libxml2 and libxslt in lxml.
"""


def licence_of(name: str) -> str:
    """As SPDX. Raises ValueError where it does not go with Apache-2.0, or the library does not say it."""
    about = metadata.metadata(name) if name not in READ_BY_HAND else None
    said = (
        [READ_BY_HAND[name]] if about is None else [about["License-Expression"], about["License"], *_classified(about)]
    )
    for licence in (SPELLINGS.get(one, one) for one in said if one):
        if EXCEPTIONS.get(name) == licence or set(re.split(" AND | OR ", licence)) <= ALLOWED:
            return licence
    raise ValueError(f"{name}: none of these is a licence that goes with Apache-2.0: {said}")


def locked() -> dict[str, list[str]]:
    """Library → its versions: more than one where they differ by Python."""
    found: dict[str, list[str]] = {}
    for name, version in _LOCKED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        found.setdefault(name, []).append(version)
    return found


def written() -> str:
    rows = [(name, ", ".join(versions), licence_of(name)) for name, versions in locked().items()]
    return _HEAD + "".join(f"| {name} | {version} | {licence} |\n" for name, version, licence in rows) + _FOOT


def _classified(about: metadata.PackageMetadata) -> list[str]:
    return [one.rpartition(" :: ")[2] for one in about.get_all("Classifier", []) if one.startswith("License ::")]


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
