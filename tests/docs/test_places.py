"""What the documents name is there: links, files, modules, commands, settings, tests."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import click
from tests.docs.reading import (
    DOCS,
    PAGES,
    ROOT,
    anchors,
    blocks,
    links,
    name_of,
    names,
    prose,
    sources,
    spans,
    text_of,
    tree,
    words,
)
from tests.docs.shell import commands, typed, within

from saudager.cli import main

WRITTEN = [page for page in PAGES if page.parent.name != "api-reference"]
"""Pages a person writes."""
FOREIGN = frozenset(
    {
        "show_all",
        "pg_dump",
        "pg_restore",
        "client_max_body_size",
        "LimitNOFILE",
        "unittest.mock",
        "config.json",
        "tokenizer.json",
        "resend._domainkey",
        "GET /orders",
        "POST /api/keys",
        "POST /images",
        "GET /image/{prompt}",
    }
)
"""What the documents name of other products."""
THINGS = frozenset({"shop", "contact", "lead", "order"})
"""What is a thing in an example, and not the module of that name."""
MADE_UP = re.compile(r"(?<![A-Z])(?<![A-Z]_)NAME|ROOM|NNNN")
"""What stands for a name the reader chooses."""
ROOTS = {"from-the-documents.md": "tests/", "monitoring.md": "deploy/monitoring/"}
"""Where a page's paths begin besides the repository and the product's own folder, as it says itself."""
PATH = re.compile(r"[\w.-]+(?:/[\w.*-]+)+/?")
FILE = re.compile(r"[\w-]+\.(?:py|md|json|yaml|yml|txt|toml|lock|html|mjml|service|db|key|log)")
DOTTED = re.compile(r"(?P<owner>[a-z_]+)\.(?P<what>\w+)(?:\(.*\))?")
CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/[^?\s…]*)\S*")
IDENTIFIER = re.compile(r"[A-Za-z]\w*_\w+|[A-Z][a-z]+[A-Z]\w*")


def here(page: Path) -> str:
    """What a page says of this product: of the page on the documents, not what they name themselves."""
    text = prose(page)
    if page.name != "from-the-documents.md":
        return text
    return "\n".join(line[1:].partition("|")[2] if line.startswith("|") else line for line in text.split("\n"))


def said() -> Iterator[tuple[str, str, str]]:
    """Everything in backticks with where it stands and the page's own code."""
    for page in WRITTEN:
        code = "".join(block.text for block in blocks(page))
        for line, span in spans(here(page)):
            if span not in FOREIGN and not MADE_UP.search(span):
                yield f"{name_of(page)}:{line}: {span}", span, code


def is_there(path: str, page: str = "") -> bool:
    """Whether the repository, or a folder the page speaks from, holds it."""
    path = path.rstrip("/")
    roots = {"", "src/saudager/", ROOTS.get(page, "")}
    wanted = [f"{root}{path}{ending}" for root in roots for ending in ("", ".py")]
    if "*" in path:
        return any(fnmatch(file, one) for file in tree() for one in wanted)
    return any(one in tree() for one in wanted)


def named_so(name: str) -> bool:
    """Whether a file of the repository has this name, wherever it lies."""
    return any(file == name or file.endswith(f"/{name}") for file in tree())


def test_every_link_leads_to_a_file_and_a_heading_that_are_there():
    dead = []
    for page in [*PAGES, ROOT / "CHANGELOG.md"]:
        for line, target in links(page):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            to = (page.parent / path).resolve() if path else page
            if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors(to)):
                dead.append(f"{name_of(page)}:{line}: {target}")
    assert dead == []


def test_every_page_is_found_from_the_index():
    index = DOCS / "README.md"
    listed = {(DOCS / target.partition("#")[0]).resolve() for _, target in links(index)}
    folders = {path for path in listed if path.is_dir()} | {DOCS / "api-reference"}
    pages = [page for page in DOCS.rglob("*.md") if page != index and page.resolve() not in listed]
    assert [name_of(page) for page in pages if page.parent not in folders] == []


def test_every_file_a_document_names_is_there_or_made_by_the_product():
    gone = []
    for where, span, code in said():
        if PATH.fullmatch(span):
            module, _, what = span.partition(".")
            first, _, rest = span.partition("/")
            made = first in ("data", "DATA_DIR", "PUBLIC_URL", "CONSOLE_URL")
            if not (
                is_there(span, where.partition(":")[0].rpartition("/")[2])
                or (what and is_there(module) and what in names().get(module.rpartition("/")[2], ()))
                or (made and set(re.findall(r"\w+", rest)) <= words() | {"TOKEN"})
                or span in sources()
            ):
                gone.append(where)
        elif FILE.fullmatch(span) and not named_so(span) and span not in sources() and span not in code:
            gone.append(where)
    assert gone == []


def test_every_name_of_code_in_a_document_stands_in_the_code():
    """Settings, tables, queues, figures, classes, functions; ``module.function`` names one that the module has."""
    gone = []
    for where, span, code in said():
        if IDENTIFIER.fullmatch(span) and span not in words() and span.lower() not in words() and span not in code:
            gone.append(where)
        elif (dotted := DOTTED.fullmatch(span)) and not FILE.fullmatch(span):
            owner, what = dotted["owner"], dotted["what"]
            known = words() if owner in THINGS else names().get(owner, words())
            if what not in known and f"{what}: Mapped[" not in sources():
                gone.append(where)
    assert gone == []


def test_every_call_a_document_names_is_answered():
    """Or is how the calls of a part of the product begin."""
    answered = dict[str, set[str]]()
    for service in ("gateway", "agent"):
        document = json.loads((DOCS / "api-reference" / f"{service}.json").read_text(encoding="utf-8"))
        for path, methods in document["paths"].items():
            answered.setdefault(path, set()).update(method.upper() for method in methods)

    def is_answered(method: str, path: str) -> bool:
        return any(
            (method in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path))
            or (path.endswith("/") and known.startswith(path))
            for known, methods in answered.items()
        )

    named = [(where, call) for where, span, _ in said() if (call := CALL.fullmatch(span))]
    assert len(named) > 20
    assert [where for where, call in named if not is_answered(call[1], call[2])] == []


def test_every_word_of_the_house_is_a_word_of_the_code():
    rows = text_of(DOCS / "architecture.md").partition("\n## Words of the house\n")[2].splitlines()
    terms = [row.split("|")[1].strip() for row in rows if row.startswith("| ")][1:]
    assert len(terms) > 20
    alone = {word for term in terms for word in re.findall(r"[a-z]+", term)}
    assert alone - words() == set()


def test_every_command_a_document_names_is_one_of_the_product():
    wrong = []
    for page in PAGES:
        lines = [(f"{name_of(page)}:{line}", span) for line, span in spans(here(page))]
        lines += [(str(block), line) for block, line in typed(page)]
        for where, line in lines:
            if "saudager " in line and "://" not in line.partition("saudager ")[0]:
                wrong += [f"{where}: {line}: {fault}" for fault in faults(line)]
    assert wrong == []


def faults(line: str) -> Iterator[str]:
    """What is wrong with the commands of the product in a line."""
    for command in map(within, commands(line)):
        while command and re.fullmatch(r"[A-Z_]+=\S*", command[0]):
            command = command[1:]
        if len(command) > 1 and command[0].rpartition("/")[2] == "saudager":
            yield from unknown(command[1:])


def unknown(told: list[str]) -> Iterator[str]:
    at: click.Command = main
    options = {"--help", "--version"}
    for word in told:
        if word.startswith("--"):
            if word.partition("=")[0] not in options:
                yield f"{at.name} has no {word}"
        elif isinstance(at, click.Group):
            if word not in at.commands:
                if re.fullmatch(r"[a-z][a-z-]*", word):
                    yield f"{at.name} has no command {word}"
                return
            at = at.commands[word]
            options |= {name for one in at.params for name in (*one.opts, *one.secondary_opts)}
