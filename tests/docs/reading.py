"""The documents as a reader meets them: pages, links, blocks of code, words in backticks."""

import re
import shlex
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(DOCS.rglob("*.md")),
]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\S*)\n(?P<text>(?:(?! *```)[^\n]*\n)*)(?P=indent)```$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!\\)\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?\)")
_DEFINED = re.compile(r"^\[([^\]]+)\]:\s*(\S+)$", re.MULTILINE)
_REFERRED = re.compile(r"\[[^\]\[]+\]\[([^\]]+)\]")
_DEFINED_IN_CODE = re.compile(r"^ *(?:async def|def|class|import|from \S+ import)? ?(\w+) *[(:=,\n]", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code and where it begins."""

    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"


def name_of(page: Path) -> str:
    """A page by its path in the repository."""
    return page.relative_to(ROOT).as_posix()


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(*pages: Path) -> Iterator[Block]:
    for page in pages:
        text = text_of(page)
        for one in _FENCE.finditer(text):
            body = re.sub(rf"^{one['indent']}", "", one["text"], flags=re.MULTILINE)
            yield Block(page, text[: one.start()].count("\n") + 1, one["kind"], body)


def prose(page: Path) -> str:
    """The page without its blocks, every line where it was."""
    return _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text_of(page))


def spans(text: str) -> Iterator[tuple[int, str]]:
    """What stands in backticks, and the line it stands in."""
    for one in _SPAN.finditer(text):
        yield text[: one.start()].count("\n") + 1, one[1]


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Where links and pictures of the page lead, by line; a reference without an address leads to itself."""
    text = _SPAN.sub(lambda span: "`" * len(span[0]), prose(page))
    defined = dict(_DEFINED.findall(text))
    for one in _LINK.finditer(text):
        yield text[: one.start()].count("\n") + 1, one[1]
    for one in _REFERRED.finditer(text):
        yield text[: one.start()].count("\n") + 1, defined.get(one[1], f"[{one[1]}]")


@cache
def anchors(page: Path) -> frozenset[str]:
    """What may stand behind the ``#`` of a link to the page, as GitHub names headings."""
    found: list[str] = []
    for heading in _HEADING.findall(prose(page)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        times = sum(one == name or re.fullmatch(rf"{re.escape(name)}-\d+", one) is not None for one in found)
        found.append(f"{name}-{times}" if times else name)
    return frozenset(found)


@cache
def tree() -> frozenset[str]:
    """Every file of the repository and every folder that holds one, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = listed.stdout.decode().split("\0")[:-1]
    return frozenset(files) | {parent.as_posix() for file in files for parent in Path(file).parents}


@cache
def sources() -> str:
    """What the product is made of, besides its documents: code, templates, prompts, settings of tools."""
    kinds = (".py", ".html", ".mjml", ".js", ".yaml", ".yml", ".toml", ".json", ".cfg", ".ini", ".service", ".target")
    names = (".gitignore", ".env.example", "Makefile", "Dockerfile", ".ci/run")
    return "\n".join(
        (ROOT / file).read_text(encoding="utf-8")
        for file in sorted(tree())
        if not file.startswith(("docs/", "tests/docs/")) and (file.endswith(kinds) or file in names)
        if not file.endswith(".json") or file.startswith("deploy/")
        if (ROOT / file).is_file()
    )


@cache
def words() -> frozenset[str]:
    """Every word of the sources, as it is written there and in small letters."""
    found = set(re.findall(r"\w+", sources()))
    return frozenset(found | {word.lower() for word in found})


@cache
def names() -> Mapping[str, frozenset[str]]:
    """What each module of the product defines, by the last part of the module's name: of several, all of them."""
    found = defaultdict[str, set[str]](set)
    for file in tree():
        if file.startswith("src/saudager/") and file.endswith(".py"):
            path = Path(file)
            module = path.parent.name if path.name == "__init__.py" else path.stem
            found[module].update(filter(None, _DEFINED_IN_CODE.findall((ROOT / file).read_text(encoding="utf-8"))))
            found[path.parent.name].add(module)
    return {module: frozenset(defined) for module, defined in found.items()}


def commands(line: str) -> Iterator[list[str]]:
    """The programs a line of shell starts with their words; ``sudo`` and ``docker compose exec`` start another."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&;|")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    one: list[str] = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("&;|"):
            one.append(word)
        elif one:
            yield one
            one = []


def within(command: list[str]) -> list[str]:
    """The command that another one starts: as root, in a container."""
    if command[0] == "sudo":
        return within(command[3:] if command[1] == "-u" else command[1:])
    if command[:2] == ["docker", "compose"] and "exec" in command:
        rest = command[command.index("exec") + 1 :]
        while rest[0].startswith("-"):
            rest = rest[1:]
        return within(rest[1:])
    return command
