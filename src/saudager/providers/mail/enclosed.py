"""The files of a letter that are kept: not too many, not too big, none that runs, with names that are safe to store."""

import re
from collections.abc import Iterable

from saudager.providers.mail import Enclosure

MOST, LARGEST = 20, 15 * 1024 * 1024
_LONGEST_NAME = 120
_DECORATION = 8 * 1024
"""Bytes up to which a picture inside the text is a logo or a tracking dot and no photograph."""
_RUNS_WORDS = """
ade adp app appref-ms apk asp aspx bas bat chm cmd com cpl crt csh dll dmg exe fxp gadget hlp hta htm html inf
ins iso isp jar jnlp js jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz
msc msh msi msp mst ocx one ops pcd php pif pl prf prg ps1 ps2 psc1 py pyc rb reg scf scr sct sh shb shs svg
swf sys url vb vbe vbs vhd vhdx vxd wasm ws wsc wsf wsh xhtml xht xll xml xnk
"""
_RUNS = frozenset(_RUNS_WORDS.split())
_RUNNING_TYPES = re.compile(
    r"(text/(html|javascript|x-\w*script\w*)|application/(x-msdownload|x-msdos-program|x-sh\w*|javascript|x-dosexec|"
    r"x-executable|java-archive|vnd\.android\.package-archive|hta|xhtml\+xml)|image/svg\+xml)"
)
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")


def kept(files: Iterable[Enclosure]) -> tuple[Enclosure, ...]:
    """Those of the files that are safe and of use, in their order."""
    chosen: list[Enclosure] = []
    for file in files:
        if len(chosen) == MOST:
            break
        if not is_dangerous(file) and 0 < len(file.data) <= LARGEST and not _is_decoration(file):
            chosen.append(file)
    return tuple(chosen)


def is_dangerous(file: Enclosure) -> bool:
    """Whether a computer might run it, by its ending, its type, or its first bytes."""
    ending = file.name.rstrip(". ").rpartition(".")[2].strip().lower()
    return ending in _RUNS or _RUNNING_TYPES.fullmatch(file.mime_type) is not None or file.data.startswith(_PROGRAMS)


def safe_name(written: str, *, mime_type: str, place: int) -> str:
    """A name of one path segment without signs that hide what it is; ``place`` names what has none."""
    name = _UNSAFE.sub("_", re.split(r"[/\\]", written)[-1]).strip(" ._")
    if not name:
        kind = "image" if mime_type.startswith("image/") else "file"
        return f"{kind}-{place}"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"


def _is_decoration(file: Enclosure) -> bool:
    return file.content_id is not None and file.mime_type.startswith("image/") and len(file.data) <= _DECORATION
