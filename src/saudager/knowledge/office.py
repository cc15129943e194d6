"""Look at an office file before it is opened: is it what its name says, is it locked, does it unpack to too much."""

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from saudager.knowledge.reading import Reading

_MOST_UNPACKED = 150 * 1024 * 1024
_MOST_WRITTEN = 40 * 1024 * 1024
"""Bytes of all that is no picture: opened, they take ten times as much memory."""
_MOST_FILES = 5_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_TEXTS_OF_1C = "xl/SharedStrings.xml"
_WRITTEN = (".xml", ".rels", ".vml")
_OPENS = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml", ".xlsm": "xl/workbook.xml"}


def opened(data: bytes, reading: Reading) -> ZipFile | None:
    """The file as the archive it is; None, with the reading's problem, when it cannot be read as what it is named."""
    if data.startswith(_OLE):
        if _LOCKED in data:
            reading.complain("файл закрыт паролем; сохраните его без пароля.")
        else:
            reading.complain("это старый формат Office; откройте файл и сохраните его как DOCX или XLSX.")
        return None
    try:
        archive = ZipFile(BytesIO(data))
        members = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError):
        reading.complain("файл повреждён, прочитать его нельзя; сохраните его заново.")
        return None
    if len(members) > _MOST_FILES or sum(member.file_size for member in members) > _MOST_UNPACKED:
        reading.complain("в развёрнутом виде файл слишком велик; удалите из него картинки или разделите его.")
        return None
    if sum(member.file_size for member in members if member.filename.endswith(_WRITTEN)) > _MOST_WRITTEN:
        reading.complain("в файле слишком много текста; разделите его на несколько.")
        return None
    names = {member.filename for member in members}
    inside = next((suffix for suffix, part in _OPENS.items() if part in names), None)
    named = "." + reading.file.rsplit(".", 1)[-1].lower()
    if inside is None:
        reading.complain("файл повреждён, прочитать его нельзя; сохраните его заново.")
    elif _OPENS[inside] != _OPENS[named]:
        reading.complain(f"внутри это файл {inside[1:].upper()}; дайте ему имя с окончанием {inside}.")
    else:
        return archive
    return None


def as_declared(data: bytes, archive: ZipFile) -> bytes:
    """A workbook whose texts are found where its own list of parts says.

    Some versions of 1C write ``xl/SharedStrings.xml`` and declare ``xl/sharedStrings.xml``, which Excel forgives and
    openpyxl does not (told by several public programs that read such files, 2026-11). The two names are of one length.
    """
    if _TEXTS_OF_1C in archive.namelist() and _TEXTS_OF_1C.encode() not in archive.read("[Content_Types].xml"):
        return data.replace(_TEXTS_OF_1C.encode(), b"xl/sharedStrings.xml")
    return data
