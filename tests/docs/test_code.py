"""The code in the documents: every block is of a kind that is checked, and sound as far as that shows without running.

``test_clean_checkout.py`` runs the shell.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from sqlalchemy import create_engine, text
from tests.docs.reading import DOCS, PAGES, Block, blocks
from tests.docs.shell import NOT_HERE, RUN, commands, reason_not_to, typed, within
from tests.docs.test_places import FILE, PATH, is_there

from saudager.contracts import CONTRACT, EMAIL_TASKS
from scripts import api_reference

LEFT_OUT = "…"
KINDS = {"sh", "console", "yaml", "json", "http", "python", "sql", "text", "mermaid"}
REPOSITORY = ("deploy/", "docs/", "scripts/", "src/", "compose", "requirements", ".env.example")
"""How the files begin that a command of the documents takes from the repository."""
DOCUMENT = json.loads((DOCS / api_reference.FOLDER / "agent.json").read_text(encoding="utf-8"))


def of(*kinds: str) -> list[Block]:
    return [block for block in blocks(*PAGES) if block.kind in kinds]


def test_every_block_is_of_a_kind_that_is_checked():
    assert [f"{block}: {block.kind!r}" for block in blocks(*PAGES) if block.kind not in KINDS] == []


def test_every_line_of_shell_is_run_by_a_test_or_its_reason_is_known():
    unknown = []
    for block, line in typed(*PAGES):
        programs = {Path(command[0]).name for command in commands(line)}
        if reason_not_to(line) is None and not programs <= set(RUN):
            unknown.append(f"{block}: {line}")
    assert unknown == [], "run it in test_clean_checkout.py, or say in shell.py why it cannot be"


def test_every_reason_not_to_run_something_is_still_needed():
    given = {reason_not_to(line) for _, line in typed(*PAGES)}
    assert [beginning for beginning, reason in NOT_HERE.items() if reason not in given] == []


def test_every_file_of_the_repository_that_a_command_takes_is_there():
    gone = []
    for block, line in typed(*PAGES):
        written = set(re.findall(r">\s*(\S+)", line)) | {"deploy/monitoring/watch.key"}
        for command in map(within, commands(line)):
            for word in command[1:]:
                named = word.startswith(REPOSITORY) and (PATH.fullmatch(word) or FILE.fullmatch(word.lstrip(".")))
                if named and word not in written and not is_there(word):
                    gone.append(f"{block}: {word}")
    assert gone == []


def test_every_block_of_yaml_json_and_python_can_be_read():
    for block in of("yaml"):
        assert yaml.safe_load(block.text) is not None, str(block)
    for block in of("json"):
        assert json.loads(block.text) is not None, str(block)
    for block in of("python"):
        compile(block.text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_call_shown_is_one_of_the_agents_and_its_body_one_it_takes():
    wrong = []
    for block in of("http"):
        head, _, rest = block.text.partition("\n")
        method, _, address = head.partition(" ")
        path = address.partition("?")[0]
        operation = next(
            (
                methods[method.lower()]
                for template, methods in DOCUMENT["paths"].items()
                if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in methods
            ),
            None,
        )
        if operation is None:
            wrong.append(f"{block}: nobody answers {head}")
        elif "{" in rest:
            wrong += [f"{block}: {error}" for error in _errors(operation, json.loads(rest[rest.index("{") :]))]
    assert wrong == []


def _errors(operation: dict[str, Any], body: Any) -> list[str]:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    whole = {"allOf": [schema], "components": DOCUMENT["components"]}
    return [str(error) for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(body)]


def test_every_message_shown_is_one_its_queue_takes():
    shown = [block for block in of("json") if block.page.name == "queues.md"]
    assert len(shown) == len(CONTRACT)
    for block, contract in zip(shown, CONTRACT.values(), strict=True):
        contract.message.model_validate_json(block.text)
    by_hand = [json.loads(block.text) for block in of("json") if block.page.name == "letters.md"]
    tasks = [one for one in by_hand if isinstance(one, dict) and "arguments" in one]
    assert tasks
    for one in tasks:
        CONTRACT[EMAIL_TASKS].message.model_validate({"created_at": "2026-03-11T07:00:00Z"} | one)


def test_every_statement_of_sql_fits_the_tables(migrated_sqlite):
    engine = create_engine(f"sqlite:///{migrated_sqlite}")
    with engine.connect() as database:
        for block in of("sql"):
            for statement in filter(str.strip, block.text.split(";")):
                database.execute(text(statement))
        database.rollback()
    engine.dispose()
