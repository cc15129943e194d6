"""Where a step stands in a sequence, ``2`` or ``3.then.0``, and which one comes after it."""

from collections.abc import Sequence

from saudager.automation.definitions import AnyStep, Branch, Definition, Rule

END = ""
"""The path behind the last step."""
FIRST = "0"


def steps_of(definition: Definition) -> Sequence[AnyStep]:
    """What the paths of a rule or a sequence count."""
    return definition.then if isinstance(definition, Rule) else definition.steps


def at(steps: Sequence[AnyStep], path: str) -> AnyStep:
    """The step that stands there."""
    found, _ = _walk(steps, path.split("."))
    return found


def after(steps: Sequence[AnyStep], path: str) -> str:
    """The path of the step that follows, out of the branches that end with it, or END."""
    parts = path.split(".")
    while parts:
        _, beside = _walk(steps, parts)
        following = int(parts[-1]) + 1
        if following < len(beside):
            return ".".join([*parts[:-1], str(following)])
        parts = parts[:-2]
    return END


def into(steps: Sequence[AnyStep], path: str, *, holds: bool) -> str:
    """The first step of a fork's way, or what follows the fork when there is nothing on it."""
    fork = at(steps, path)
    assert isinstance(fork, Branch)
    way, word = (fork.then, "then") if holds else (fork.otherwise, "else")
    return f"{path}.{word}.0" if way else after(steps, path)


def _walk(steps: Sequence[AnyStep], parts: Sequence[str]) -> tuple[AnyStep, Sequence[AnyStep]]:
    """The step, and those it stands among."""
    step = steps[int(parts[0])]
    for word, number in zip(parts[1::2], parts[2::2], strict=True):
        assert isinstance(step, Branch)
        steps = step.then if word == "then" else step.otherwise
        step = steps[int(number)]
    return step, steps
