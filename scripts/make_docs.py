"""Write the generated documents: settings, commands, queues, jobs, modules, the API. ``make docs`` runs it."""

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic_core import PydanticUndefined

from saudager import __version__, duties
from saudager.console.connections.cron import in_words
from saudager.console.wording import PACKAGE
from saudager.contracts import CONTRACT, VERSION, QueueContract
from saudager.duties import housekeeping
from saudager.duties.duty import Duty
from saudager.queues import tasks
from saudager.settings import Settings
from saudager.templates import say
from scripts import api_reference, commands

ROOT = Path(__file__).parents[1]
DOCS, SOURCE = ROOT / "docs", ROOT / "src" / "saudager"
EXAMPLES: dict[str, dict[str, Any]] = {
    "incoming_messages": {
        "id": "wappi:71ad40e9-b023:3A945DD9CDD3016BE11B",
        "created_at": "2026-03-11T07:03:02Z",
        "account": "wappi:71ad40e9-b023",
        "author": "customer",
        "phone_number": "77000000002",
        "chat": "77000000002@c.us",
        "message_id": "3A945DD9CDD3016BE11B",
        "message_text": "Сколько стоит окно 1500 на 1500?",
        "contact": {"name": "Айгерим"},
        "sent_at": "2026-03-11T07:03:00Z",
    },
    "outgoing_messages": {
        "id": "reply:wappi:71ad40e9-b023:3A945DD9CDD3016BE11B",
        "created_at": "2026-03-11T07:03:05Z",
        "account": "wappi:71ad40e9-b023",
        "chat": "77000000002@c.us",
        "message_text": "Окно двустворчатое 1500×1500, Премиум 76: 131 000 ₸.",
        "class": "reply",
        "based_on": "3A945DD9CDD3016BE11B",
    },
    "outgoing_mail": {
        "id": "letter:17",
        "created_at": "2026-03-11T07:00:00Z",
        "account": "sales",
        "recipient": "buyer@example.org",
        "subject": "Ваш заказ",
        "text": "Здравствуйте!",
    },
    "voice_transcription": {
        "id": "wappi:71ad40e9-b023:3A945DD9",
        "created_at": "2026-03-11T07:03:02Z",
        "account": "wappi:71ad40e9-b023",
        "chat": "77000000002@c.us",
        "message_id": "3A945DD9",
        "file": "3A945DD9",
        "media": {"mime_type": "audio/ogg; codecs=opus", "seconds": 4},
    },
    "delivery_reports": {
        "id": "reply:wappi:71ad40e9-b023:3A945DD9CDD3016BE11B:sent",
        "created_at": "2026-03-11T07:03:06Z",
        "account": "wappi:71ad40e9-b023",
        "for": "reply:wappi:71ad40e9-b023:3A945DD9CDD3016BE11B",
        "state": "sent",
        "vendor_message_id": "3EB0B62774646FC3959E87",
    },
    "email_tasks": {
        "id": "spring-offer-456",
        "created_at": "2026-03-11T07:00:00Z",
        "task": "generate_personalized_letter",
        "arguments": {
            "recipient_id": 456,
            "context": "Предложение новой линейки продуктов",
            "tone": "professional",
            "purpose": "offer",
            "products": [1, 2, 3],
            "include_sales_data": True,
        },
    },
}


def settings_page() -> str:
    """docs/settings.md: one row a variable."""
    lines = [
        "# Settings",
        "",
        "Read from the environment or from a `.env` file in the working folder. Nothing has to be set. A wrong value",
        "stops the start with a sentence that names the variable, what it holds and what is expected; a name that is",
        "only like one of these is ignored, and every command says so.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, PydanticUndefined, "", ()) else f"`{field.default}`"
        lines.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def queues_page() -> str:
    """docs/queues.md: the contract's queues and their messages."""
    lines = [
        "# Queues",
        "",
        f"The plain JSON that gateway and agent pass each other, version {VERSION}. What cannot be handled becomes a",
        "dead letter with its reason; an id is accepted once.",
        "",
        "| queue | from → to | TTL | max length | lane key | what |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{queue.name}` | {queue.sender} → {queue.receiver} | {queue.ttl / 3600:g} h | {queue.max_length:,} "
        f"| {queue.lane} | {queue.purpose} |".replace(",", " ", 1)
        for queue in CONTRACT.values()
    ]
    for queue in CONTRACT.values():
        lines += ["", f"## {queue.name}", "", _first_line(queue.message.__doc__), "", *_fields(queue), ""]
        lines += ["```json", json.dumps(EXAMPLES[queue.name], ensure_ascii=False, indent=2), "```"]
    return "\n".join(lines) + "\n"


def jobs_page() -> str:
    """docs/jobs.md: every task a service knows, by who asks for it."""
    every = duties.EVERY
    lines = [
        "# Jobs",
        "",
        "What the services do besides handling messages. Each is a task in a queue: of many processes one runs it, a",
        "process that dies leaves it to another, and what fails three times lies with the dead letters. The console",
        "shows how each job of the clock went and when it comes next (Connections, Queues); the owner may have it done",
        "at once.",
        "",
        "## By the clock",
        "",
        "In the shop's `TIMEZONE`. A moment at which nothing ran is not made up for.",
        "",
        "| job | when | where | what it does | settings |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.task}` | {_when(one)} | {_where(one)} | {_does(one)} | {_settings(one)} |"
        for one in every
        if one.cron
    ]
    lines += [
        "",
        "## When something falls due",
        "",
        "The service sleeps until the earliest of such rows is due.",
        "",
        "| task | woken by | where | what it does | settings |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.task}` | {one.due.rows} | {_where(one)} | {_does(one)} | {_settings(one)} |"
        for one in every
        if one.due
    ]
    lines += [
        "",
        "## When it is asked for",
        "",
        "| task | asked for by | where | what it does | settings |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.task}` | {one.asked} | {_where(one)} | {one.does} | {_settings(one)} |"
        for one in every
        if not one.cron and not one.due
    ]
    return "\n".join(lines) + "\n"


def _when(duty: Duty) -> str:
    words = in_words(duty.cron or "", lambda text, **values: say(PACKAGE, "en", text, **values))
    return f"{words} (`{duty.cron}`)"


def _where(duty: Duty) -> str:
    if duty in housekeeping.OF_EACH_DATABASE:
        return "agent; gateway too when it has a database of its own"
    if duty in housekeeping.OF_GATEWAY_APART:
        return "gateway with a database of its own"
    if duty in duties.GATEWAY:
        return "gateway"
    return "agent" if duty.queue == tasks.QUEUE else f"agent, queue `{duty.queue}`"


def _does(duty: Duty) -> str:
    return f"{duty.does} Asked for besides by {duty.asked}." if duty.asked else duty.does


def _settings(duty: Duty) -> str:
    return ", ".join(f"`{name}`" for name in duty.settings)


def modules_page() -> str:
    """docs/modules.md: the tree of packages and of the floor's modules, each with its caption."""
    lines = [
        "# Modules",
        "",
        "What each part of `src/saudager` is for, in the first words of its own source. How the parts work together:",
        "[architecture.md](architecture.md).",
        "",
        "## Layers",
        "",
        "A module imports from its own package and from layers with a greater number. Modules with one number do not",
        "know each other.",
        "",
        "| layer | module | what |",
        "|---|---|---|",
    ]
    for number, together in enumerate(_layers(), 1):
        for name in together:
            lines += [f"| {number} | {module} | {caption} |" for module, caption in _tree(name)]
    for folder in ("queues", "db"):
        lines += ["", f"## In `{folder}`", "", "| module | what |", "|---|---|"]
        files = (file for file in sorted((SOURCE / folder).glob("*.py")) if file.name != "__init__.py")
        lines += [f"| `{file.name}` | {_caption(file)} |" for file in files]
    return "\n".join(lines) + "\n"


def _layers() -> Iterator[list[str]]:
    """The names that stand together in each layer of the first import contract, the uppermost first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    for layer in next(contract["layers"] for contract in contracts if contract["type"] == "layers"):
        yield layer.split(" | ")


def _tree(name: str) -> Iterator[tuple[str, str]]:
    """A module of the top, and every package inside it, with what each is for."""
    folder = SOURCE / name
    if not folder.is_dir():
        yield f"`{name}.py`", _caption(folder.with_suffix(".py"))
        return
    for file in sorted(folder.rglob("__init__.py"), key=lambda file: file.parent):
        yield f"`{file.parent.relative_to(SOURCE).as_posix()}/`", _caption(file)


def _caption(file: Path) -> str:
    """The first paragraph of a module's own words, as Markdown."""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


def asyncapi() -> str:
    """docs/asyncapi.json: the same for machines (AsyncAPI 3.0)."""
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Saudager queues", "version": __version__},
        "defaultContentType": "application/json",
        "channels": {
            queue.name: {
                "address": queue.name,
                "description": queue.purpose,
                "messages": {queue.message.__name__: {"$ref": f"#/components/messages/{queue.message.__name__}"}},
            }
            for queue in CONTRACT.values()
        },
        "operations": {
            f"{queue.sender}-sends-{queue.name}": {"action": "send", "channel": {"$ref": f"#/channels/{queue.name}"}}
            for queue in CONTRACT.values()
        },
        "components": {
            "messages": {
                queue.message.__name__: {
                    "payload": queue.message.model_json_schema(by_alias=True),
                    "examples": [{"payload": EXAMPLES[queue.name]}],
                }
                for queue in CONTRACT.values()
            }
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _fields(queue: QueueContract) -> list[str]:
    rows = ["| field | type | meaning |", "|---|---|---|"]
    for name, field in queue.message.model_fields.items():
        kind = str(field.annotation)
        for part in get_args(field.annotation) or (field.annotation,):
            kind = kind.replace(str(part), getattr(part, "__name__", str(part)))
        kind = kind.replace("typing.", "").replace("saudager.contracts.", "").replace("|", "or")
        rows.append(f"| `{field.alias or name}` | {kind.strip()} | {field.description or ''} |")
    return rows


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


_PAGES = {
    "settings.md": settings_page,
    "commands.md": commands.page,
    "queues.md": queues_page,
    "jobs.md": jobs_page,
    "modules.md": modules_page,
    "asyncapi.json": asyncapi,
}


def written() -> dict[str, str]:
    """Everything that is generated, by its path below docs."""
    reference = {f"{api_reference.FOLDER}/{name}": text for name, text in api_reference.pages().items()}
    return {name: make() for name, make in _PAGES.items()} | reference


def main() -> None:
    (DOCS / api_reference.FOLDER).mkdir(exist_ok=True)
    for name, text in written().items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
