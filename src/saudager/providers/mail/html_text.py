"""The words of an HTML letter, as a person reads them: blocks on lines of their own, quotes behind ``>``."""

import re
from html.parser import HTMLParser

_LONGEST = 500_000
_UNSEEN = {"script", "style", "head", "title", "template", "noscript", "svg", "object"}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"),
    *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "nav", "ol", "p", "pre", "section", "table"),
    *("tbody", "tfoot", "thead", "tr", "ul"),
}
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def text_of(html: str) -> str:
    """Plain text of a letter's HTML, however broken; what is hidden is left out, unless all of it is."""
    return _read(html, hides=True) or _read(html, hides=False)


def _read(html: str, *, hides: bool) -> str:
    reader = _Reader(hides)
    reader.feed(html[:_LONGEST])
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self, hides: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._hides = hides
        self._lines: list[tuple[int, str]] = []
        self._line = ""
        self._quotes = 0
        self._unseen: list[str] = []
        """The open elements nothing of which is shown, outermost first, with those of the same name inside."""
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.append(tag)
            return
        is_hidden = self._hides and ("hidden" in told or _HIDDEN.search(told.get("style") or ""))
        if tag not in _VOID and (tag in _UNSEEN or is_hidden):
            self._unseen.append(tag)
            return
        if tag == "br":
            self._end_line()
        elif tag == "hr":
            self._break(spaced=False)
            self._line = "________________________________"
            self._end_line()
        elif tag in _BLOCKS:
            self._break(spaced=tag in _SPACED)
            if tag == "blockquote":
                self._quotes += 1
            elif tag == "li":
                self._line = "– "
            elif tag == "pre":
                self._pre += 1
        elif tag in ("td", "th") and self._line.strip():
            self._line += " "

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.pop()
            return
        if tag in _BLOCKS:
            self._break(spaced=tag in _SPACED)
            if tag == "blockquote":
                self._quotes = max(0, self._quotes - 1)
            elif tag == "pre":
                self._pre = max(0, self._pre - 1)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._pre:
            *whole, rest = data.split("\n")
            for line in whole:
                self._line += line
                self._end_line()
            self._line += rest
            return
        words = _BLANKS.sub(" ", data)
        self._line += words.lstrip(" ") if not self._line or self._line.endswith(" ") else words

    def text(self) -> str:
        self._break(spaced=False)
        written: list[str] = []
        for quotes, line in self._lines:
            mark = "> " * quotes
            if line or (written and written[-1].strip("> ")):
                written.append(f"{mark}{line}".rstrip())
        while written and not written[-1].strip("> "):
            written.pop()
        return "\n".join(written).strip()

    def _break(self, *, spaced: bool) -> None:
        if self._line.strip():
            self._end_line()
        if spaced and self._lines and self._lines[-1][1]:
            self._lines.append((self._quotes, ""))
        self._line = ""

    def _end_line(self) -> None:
        self._lines.append((self._quotes, self._line.replace("\xa0", " ").strip()))
        self._line = ""
