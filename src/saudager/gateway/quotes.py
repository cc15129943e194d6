"""What somebody wrote himself in a letter: without the letter he answers, and without his signature.

Libraries for it know no Russian and no Kazakh, and take a list whose points begin with a hyphen for a signature.
"""

import re
from collections.abc import Sequence

_LONGEST = 500
"""Characters of a line that introduces a quote, its breaks included."""
_MOST_LINES = 3000
_WROTE = (
    r"(wrote|writes|пишет|писал|писала|писал\(а\)|написал|написала|написал\(а\)|сообщил|сообщила|сообщил\(а\)|"
    r"жазды|жазып жіберді|жазған)"
)
_MAIL = r"<?[^<>\s,;:]+@[^<>\s,;:]+>?"
_WHEN = re.compile(r"\b\d{4}\b|\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
_INTRODUCES = re.compile(rf"(?s).*?(\b{_WROTE}\s*:|{_MAIL}[\"'»)\]]*\s*:)", re.IGNORECASE)
_SAYS = re.compile(rf".*\b{_WROTE}\s*:", re.IGNORECASE)
_ORIGINAL = {
    *("original message", "original appointment", "исходное сообщение", "оригинальное сообщение"),
    *("бастапқы хабар", "бастапқы хабарлама", "түпнұсқа хабар", "түпнұсқа хабарлама"),
}
_FORWARDED = re.compile(
    r"[-–>* ]*(forwarded message|begin forwarded|пересылаемое сообщение|пересланное сообщение|"
    r"перенаправленное сообщение|начало переадресованного|қайта жіберілген хабар)",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(from|от|от кого|кімнен|жіберуші)\s*:\*?\s*\S.*", re.IGNORECASE)
_HEADER = re.compile(
    r"\*?(sent|date|to|cc|subject|importance|отправлено|дата|кому|копия|тема|жіберілді|жіберілген( күні)?|күні|кімге|"
    r"көшірме|тақырып|тақырыбы)\s*:\*?.*",
    re.IGNORECASE,
)
_RULE = frozenset("-_=* ")
_SENT_FROM = re.compile(
    r"[-–—\s]*(sent from |get outlook for |sent via |отправлено (с|из|от|через) |получить outlook для |"
    r"скачать outlook для |\S+ (құрылғысынан|телефонынан|қолданбасынан) жіберілді|отправлено моим )",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"[-–—\s]*((с|c) (большим |глубоким |искренним )?(уважением|наилучшими( пожеланиями)?|благодарностью|приветом)|"
    r"всего (доброго|хорошего|наилучшего)|искренне ваш\w*|(with )?(best|kind|warm|many)?\s*(regards|wishes)|"
    r"yours (sincerely|faithfully|truly)|sincerely( yours)?|cheers|зор құрметпен|құрметпен|ізгі (ниетпен|тілекпен)|"
    r"сәлеммен)\b.{0,60}",
    re.IGNORECASE,
)
_LONGEST_SIGNATURE = 12


def own_words(body: str) -> str:
    """The words of the letter's writer; the whole of the body where nothing else would be left."""
    lines = [line.rstrip() for line in body.replace("\r\n", "\n").split("\n")]
    begins = next((at for at in range(min(len(lines), _MOST_LINES)) if _quote_begins(lines, at)), len(lines))
    own = _without_marked(lines[:begins])
    if not _joined(own):
        own = _without_marked(_below(lines, begins))
    return _joined(_without_signature(own)) or _joined(own) or body.strip()


def _quote_begins(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()
    if not line or len(line) > _LONGEST:
        return False
    if line.startswith("-") and line.strip("-_=* ").lower() in _ORIGINAL:
        return True
    if len(line) >= 5 and _RULE.issuperset(line):
        below = next((other for other in range(at + 1, min(at + 4, len(lines))) if lines[other].strip()), at)
        return _is_header_block(lines, below)
    return _is_header_block(lines, at) or _introduction(lines, at) > 0


def _introduction(lines: Sequence[str], at: int) -> int:
    """How many lines from here say «such a one wrote then:»; 0 when they do not. Mail programs break it into two or
    three, the first of which has the day or «On»."""
    if at >= len(lines):
        return 0
    begins_here = _WHEN.search(lines[at][:_LONGEST]) or lines[at].lstrip("> ").startswith("On ")
    for span in (1, 2, 3) if begins_here else (1,):
        told = " ".join(line.strip().lstrip("> ") for line in lines[at : at + span])
        if len(told) > _LONGEST or at + span > len(lines):
            break
        if told.endswith(":") and _introduces(told, lines[at + span : at + span + 3]):
            has_own_day = span > 1 and _WHEN.search(" ".join(lines[at + 1 : at + span]))
            return 0 if has_own_day and _introduction(lines, at + 1) else span
    return 0


def _introduces(told: str, below: Sequence[str]) -> bool:
    if _WHEN.search(told):
        return _INTRODUCES.fullmatch(told) is not None
    is_quoted = next((line for line in below if line.strip()), "").lstrip().startswith(">")
    return is_quoted and _SAYS.fullmatch(told) is not None


def _is_header_block(lines: Sequence[str], at: int) -> bool:
    """Outlook's «От: … Отправлено: … Кому: … Тема: …»; a letter that is passed on begins so too, and is news."""
    if not _FROM.fullmatch(lines[at].strip().lstrip("> ")[:_LONGEST]):
        return False
    before = next((line for line in reversed(lines[max(0, at - 3) : at]) if line.strip()), "")
    below = [line.strip().lstrip("> ")[:_LONGEST] for line in lines[at + 1 : at + 9] if line.strip()]
    return not _FORWARDED.match(before) and sum(_HEADER.fullmatch(line) is not None for line in below[:5]) >= 2


def _below(lines: Sequence[str], begins: int) -> Sequence[str]:
    """What stands behind the introduction of a quote: an answer under what it answers."""
    if begins == len(lines):
        return lines
    behind = lines[begins + _introduction(lines, begins) :]
    return behind if any(line.lstrip().startswith(">") for line in behind) else []


def _without_marked(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith(">")]


def _without_signature(lines: list[str]) -> list[str]:
    """The lines up to the signature, when it is one: short, at the end, and asking nothing."""
    rest: list[str] = []
    found = len(lines)
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at].strip()
        if line and _begins_signature(line, rest):
            found = at
        rest += [line] if line else []
        if len(rest) > 2 * _LONGEST_SIGNATURE:
            break
    return lines[:found]


def _begins_signature(line: str, rest: Sequence[str]) -> bool:
    if len(line) > _LONGEST:
        return False
    if line == "--":
        return True
    if _SENT_FROM.match(line):
        return len(rest) <= 3
    asks = any("?" in other for other in (line, *rest))
    return len(rest) <= _LONGEST_SIGNATURE and not asks and _CLOSING.fullmatch(line) is not None


def _joined(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
