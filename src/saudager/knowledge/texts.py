"""Read Markdown and plain text: headings however they are set off, lists, pipe tables, questions with answers."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from saudager.knowledge import lists
from saudager.knowledge.layout import Heading, Paragraph, Statement
from saudager.knowledge.reading import Block, Reading
from saudager.knowledge.tables import Table, clean, understand

_MARKED = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_UNDERLINE = re.compile(r"(=|-){3,}$")
_RULE = re.compile(r"(?:[-*_=~]\s*){3,}$|```.*")
_TABLE_LINE = re.compile(r"[\s:|]*-[\s:-]*\|[\s:|-]*$")
_ITEM = re.compile(r"(?:[-–—•▪●*+]|\d{1,2}[.)])\s+(.+)")
_ITEM_MARK = re.compile(r"^(?:[-–—•▪●*+]|\d{1,2}[.)])\s+")
_NOTE = re.compile(r"\\?\*+\s*(?=[^\s*])|(?:прим(?:ечание|\.)?|внимание|важно|note)\s*[:.]", re.IGNORECASE)
_ASKED = re.compile(r"(?:вопрос|сұрақ|question|в|q)\s*(?:№?\s*\d+)?\s*[:.]\s+(.+)", re.IGNORECASE)
_ANSWERED = re.compile(r"(?:ответ|жауап|answer|о|ж|a)\s*[:.]\s+(.+)", re.IGNORECASE)
_BOLD_LEAD = re.compile(r"\*\*(?:\d{1,3}[.)]\s*)?(.+?[.?!:…])\s*\*\*\s*(.*)", re.DOTALL)
_BOLD_LINE = re.compile(r"\*\*([^*]+)\*\*:?$")
_LINK = re.compile(r"!?\[([^\]]{0,500})\]\((\S{1,1000}?)(?:\s+\"[^\"]{0,500}\")?\)")
_MARKS = re.compile(r"(?<!\\)(?:\*\*|__|~~|`)")
_LEANING = re.compile(r"(?<![\w*\\])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|~>-])")
_NUMBERED = re.compile(r"((?:\d{1,2}\.)+\d{0,2})\s+\S")
_MONEY = re.compile(r"\d\s*(?:₸|тг|тенге|kzt|руб|%)", re.IGNORECASE)
_CUT_SHORT = re.compile(r"[,–—-]$|(?:^|\s)[а-яёa-z]{1,3}$")
_ENDS_FIGURE = re.compile(r"\d[\d ]*(?:\s?(?:₸|тг\.?|тенге|%))?[)\d]*[.;]?$")
_ASKED_AND_ANSWERED = re.compile(r"([^?.!]{4,150}\?)\s+(?:[—–-]\s*)?(\S.+)")
_HEADING_LENGTH, _WRAPPED, _RAGGED, _PARAGRAPH_LINES = 80, 60, 20, 20
_ENDS = (".", "!", "?", "…", ";", ":", ",")


def decode(data: bytes) -> str | None:
    """Text in UTF-8 or UTF-16 with a mark, in UTF-8 without one, or else in CP1251; None when it is no text."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\x00" in data:
        return None
    for encoding in ("utf-8", "cp1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def read_markdown(data: bytes, reading: Reading) -> None:
    """Fill the reading with the blocks of a Markdown file; one without a marked heading is read as plain text."""
    _read(data, reading, is_plain=not any(line.startswith(b"#") for line in data.splitlines()))


def read_text(data: bytes, reading: Reading) -> None:
    """Fill the reading with the blocks of a text file, its headings told by how they stand."""
    _read(data, reading, is_plain=True)


def _read(data: bytes, reading: Reading, *, is_plain: bool) -> None:
    text = decode(data)
    if text is None:
        reading.complain("это не текст; откройте файл в своей программе и сохраните его как обычный текст в UTF-8.")
        return
    if reading.is_too_long(len(text)):
        return
    lines = [
        line.replace("\t", "    ").rstrip() for line in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).splitlines()
    ]
    found = list(blocks(lines, is_plain=is_plain))
    reading.fill(found)
    if not found:
        reading.complain("в файле нет текста.")


def blocks(lines: list[str], *, is_plain: bool) -> Iterator[Block]:
    """Blocks of lines of Markdown; in a plain text also lines that look like headings are taken for some."""
    return _Text(lines, is_plain=is_plain).blocks()


class _Text:
    """The lines of a file and how far they have been read."""

    def __init__(self, lines: list[str], *, is_plain: bool) -> None:
        self._lines = lines
        self._is_plain = is_plain
        self._at = 0
        self._bare = [_MARKS.sub("", line) for line in lines]
        self._blank = [at for at, line in enumerate(lines) if not line.strip()]
        """Where lines are with nothing on them."""

    def _line(self, ahead: int = 0) -> str:
        """The line to read, or one beside it, without quoting marks and outer spaces; empty beyond the ends."""
        at = self._at + ahead
        return re.sub(r"^(?:>\s?)+", "", self._lines[at].strip()).strip() if 0 <= at < len(self._lines) else ""

    def blocks(self) -> Iterator[Block]:
        lead = ""
        while self._at < len(self._lines):
            line = self._line()
            if heading := self._heading(line):
                yield heading
                lead = ""
            elif line and (table := self._list()):
                yield table
            elif not line or _RULE.fullmatch(line):
                self._at += 1
            elif "|" in line and _TABLE_LINE.match(self._line(1)):
                if table := understand(list(self._table()), heads=1):
                    yield table
            elif block := self._answer(line) or self._item(line, lead):
                yield block
            else:
                yield (block := self._paragraph(line))
                lead = block.text.rstrip(":") if isinstance(block, Paragraph) and block.text.endswith(":") else ""

    def _heading(self, line: str) -> Heading | None:
        """A heading if one begins here, with what was read of it passed over."""
        if marked := _MARKED.match(line):
            self._at += 1
            return Heading(_plain(marked[2]), 10 - len(marked[1]))
        if line and "|" not in line and _UNDERLINE.fullmatch(self._line(1)) and not _ITEM.match(line):
            is_title = self._line(1)[0] == "="
            self._at += 2
            return Heading(_plain(line), 9 if is_title else 8)
        if (bold := _BOLD_LINE.fullmatch(line)) and not self._line(-1):
            self._at += 1
            return Heading(re.sub(r"^\d{1,3}[.)]\s*", "", _plain(bold[1])), 3)
        weight = self._plain_weight(line) if self._is_plain else 0
        if weight:
            self._at += 1
        return Heading(clean(line.rstrip(":")), weight) if weight else None

    def _plain_weight(self, line: str) -> float:
        """How much a heading of a plain text covers; 0 for any other line."""
        if not line or len(line) > _HEADING_LENGTH or _MONEY.search(line) or "|" in line:
            return 0
        outside = re.sub(r"\(.*?\)|«.*?»", "", line)
        letters = [letter for letter in outside if letter.isalpha()]
        stands_alone = not self._line(-1)
        if len(letters) > 3 and stands_alone and all(letter.isupper() for letter in letters):
            return 7.5
        is_short = stands_alone and not self._line(1) and not line.endswith(_ENDS)
        if numbered := _NUMBERED.match(line):
            return 7 - numbered[1].strip(".").count(".") / 2 if is_short else 0
        return 5 if is_short and not _ITEM.match(line) and not any(map(str.isdigit, line)) and self._line(2) else 0

    def _list(self) -> Table | None:
        """The price list that begins here without ruling lines, with its lines passed over."""
        after = bisect_left(self._blank, self._at)
        end = self._blank[after] if after < len(self._blank) else len(self._lines)
        if not (found := lists.items(self._bare, self._at, end) or lists.columns(self._bare, self._at, end)):
            return None
        table, taken = found
        self._at += taken
        return table

    def _table(self) -> Iterator[list[str | None]]:
        """Cells of the pipe table that begins here, without the line of dashes."""
        while "|" in self._line():
            if not _TABLE_LINE.match(self._line()):
                inside = re.sub(r"^\||(?<!\\)\|$", "", self._line())
                yield [_plain(cell) for cell in re.split(r"(?<!\\)\|", inside)]
            self._at += 1

    def _answer(self, line: str) -> Statement | None:
        """A question marked as one, in words or in bold, with all lines of its answer."""
        if (asked := _ASKED.match(line)) and (len(asked[0]) > len(asked[1]) + 3 or asked[1].endswith("?")):
            self._at += 1
            if not self._line() and _ANSWERED.match(self._line(1)):
                self._at += 1
            if answered := _ANSWERED.match(self._line()):
                return Statement(self._gather(answered[1]), question=_plain(asked[1]))
            return Statement(_plain(asked[1]))
        if (both := _ASKED_AND_ANSWERED.fullmatch(line)) and not both[2].endswith("?"):
            return Statement(self._gather(both[2]), question=_plain(_ITEM_MARK.sub("", both[1])))
        if lead := _BOLD_LEAD.match(line):
            answer = self._gather(lead[2])
            return Statement(answer, question=_plain(lead[1])) if answer else Statement(_plain(lead[1]))
        return None

    def _item(self, line: str, lead: str) -> Paragraph | Statement | None:
        """An item of a list or a note; one with a figure stands for itself."""
        if not (item := _ITEM.match(line)):
            if not _NOTE.match(line):
                return None
            return Statement(self._gather(re.sub(r"^\\?\*+\s*", "", line)))
        text = self._gather(item[1])
        return Statement(text, lead=lead) if any(map(str.isdigit, text)) else Paragraph(text)

    def _paragraph(self, line: str) -> Paragraph:
        """One line with those it was wrapped into."""
        self._at += 1
        text, is_set = line, self._is_set_to_width()
        while (after := self._line()) and not self._begins_block(after):
            goes_on = after[0].islower() and not _ENDS_FIGURE.search(self._line(-1))
            if not (is_set or goes_on or _CUT_SHORT.search(self._line(-1))):
                break
            text += f"\n{after}"
            self._at += 1
        return Paragraph(_plain(text))

    def _is_set_to_width(self) -> bool:
        """Whether the lines up to the next blank one, or the first of very many, are one wrapped paragraph: all but the
        last about as long, and most of them going on in the middle of a sentence."""
        lines = [self._line(-1)]
        while len(lines) < _PARAGRAPH_LINES and (line := self._line(len(lines) - 1)):
            lines.append(line)
        lengths = [len(line) for line in lines[:-1]]
        going_on = sum(line[0].islower() for line in lines[1:])
        return len(lines) > 2 and min(lengths) >= max(_WRAPPED, max(lengths) - _RAGGED) and going_on * 2 >= len(lengths)

    def _gather(self, first: str) -> str:
        """What was begun, with all lines up to a blank one or another block."""
        self._at += 1
        lines = [first]
        while (after := self._line()) and not self._begins_block(after):
            lines.append(after)
            self._at += 1
        return _plain("\n".join(lines))

    def _begins_block(self, line: str) -> bool:
        return bool(
            _MARKED.match(line)
            or _ITEM.match(line)
            or _NOTE.match(line)
            or _ASKED.match(line)
            or _ANSWERED.match(line)
            or _RULE.fullmatch(line)
            or line.startswith(("|", "**"))
        )


def _plain(text: str) -> str:
    """Text without the marks of Markdown; a link keeps its address in brackets."""
    text = _LINK.sub(lambda link: link[1] if link[0][0] == "!" else f"{link[1]} ({link[2]})", text)
    text = re.sub(r"<br\s*/?>", " ", text, flags=re.IGNORECASE)
    return clean(_ESCAPED.sub(r"\1", _LEANING.sub(r"\1", _MARKS.sub("", text))))
