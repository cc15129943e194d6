"""docs/commands.md: every command of the command line with its options."""

from collections.abc import Iterator

import click

from saudager.cli import main

_HEAD = """# Commands

What `saudager COMMAND --help` says of each, made by `make docs`. Settings come from the environment and from a `.env`
file in the folder a command is started in: [settings](settings.md). A command that fails says why in a sentence and
ends with 1, one that is asked for wrongly with 2. `--version` prints which version it is.
"""


def page() -> str:
    """docs/commands.md."""
    lines = [_HEAD]
    for words, command in _walk(main, ("saudager",)):
        told = " ".join((command.help or "").split())
        if isinstance(command, click.Group):
            lines += [f"## {words[-1]}", "", told, ""]
            continue
        context = click.Context(command, info_name=" ".join(words))
        usage = " ".join([*words, *command.collect_usage_pieces(context)])
        lines += [f"{'##' if len(words) == 2 else '###'} {' '.join(words[1:])}", "", told, "", f"`{usage}`", ""]
        if options := [_option(one, context) for one in command.params if isinstance(one, click.Option)]:
            lines += ["| option | |", "|---|---|", *options, ""]
        if command.epilog:
            lines += [f"Example: `{command.epilog.removeprefix('Example: ')}`", ""]
    return "\n".join(lines).rstrip() + "\n"


def _walk(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below, single ones before groups of them."""
    if len(words) > 1:
        yield words, command
    if isinstance(command, click.Group):
        for name, one in sorted(command.commands.items(), key=lambda pair: (isinstance(pair[1], click.Group), pair[0])):
            yield from _walk(one, (*words, name))


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None, f"{context.info_name} hides {option.name}"
    names, says = record
    return f"| `{names.replace('|', '/')}` | {says.replace('|', '/')} |"
