"""Train the moderator's small classifier on ``moderator/*.txt`` and write its weights into the package.

    python scripts/train_moderator.py            train on everything and write the weights
    python scripts/train_moderator.py --check    train without each file in turn and say how much of it comes out right

A row is ``label<TAB>contact name<TAB>message | message``; a message of ours begins with ``> ``. Multinomial logistic
regression with a quadratic penalty, solved over the dialogues (there are fewer of them than marks). Nothing is random.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saudager.agent import acquaintance, acquaintance_grammar, acquaintance_marks
from saudager.agent.acquaintance import CUSTOMER, LONG_TEXT, UNCLEAR, WEIGHTS, ZERO
from saudager.agent.acquaintance_marks import VALUES, marks_of
from saudager.providers.llm import Person, Said

Matrix = NDArray[np.float32]
Dialogue = tuple[str, Person]

DATA = Path(__file__).with_name("moderator")
KINDS = (CUSTOMER, UNCLEAR, "family", "friend", "supplier", "courier", "job", "bank", "school", "spam", "wrong")
PENALTY = 0.3
BIAS = 0.3
ROUNDS = 150
CUSTOMERS_LEAD = 0.3
"""Added to the customers' bias, as silencing one is the worst mistake: with files left out it silences a quarter fewer
of them, for one dialogue in a hundred more that comes out wrong."""
LEAST_SEEN = 2
MARKS_KEPT = 34_000
LEVELS = 46
OUTLIERS = 0.9995

GREETED_FIRST = 12
"""Of so many single lines one is learned again after a greeting."""
GREETING = Said("customer", "Здравствуйте")
HOW_TO_HELP = tuple(
    Said("us", text)
    for text in (
        "Здравствуйте! Чем помочь?",
        "Добрый день! Чем можем помочь?",
        "Здравствуйте! Слушаю вас",
        "Сәлеметсіз бе! Қалай көмектесейік?",
        "Hello! How can we help?",
    )
)


def read(path: Path) -> list[Dialogue]:
    """The dialogues of a file, each with who it is."""
    dialogues = []
    for row in path.read_text(encoding="utf-8").splitlines():
        if row and not row.startswith("#"):
            label, name, messages = row.split("\t")
            lines = [
                Said("us", message[2:]) if message.startswith("> ") else Said("customer", message)
                for message in messages.split(" | ")
            ]
            dialogues.append((label, Person(name=name or None, lines=lines)))
    return dialogues


def fingerprint() -> str:
    """Changes with the data, this script and what the classifier looks at."""
    looked_at = [Path(str(module.__file__)) for module in (acquaintance_marks, acquaintance_grammar)]
    made_of = [*sorted(DATA.glob("*.txt")), Path(__file__), *looked_at]
    return sha256(b"\0".join(path.read_bytes() for path in made_of)).hexdigest()[:16]


class Model:
    """Weights by mark and kind, trained on some dialogues."""

    def __init__(self, dialogues: Sequence[Dialogue]) -> None:
        counts = Counter(mark for _, person in dialogues for mark in marks_of(person).all)
        dialogues = [*dialogues, *_longer(dialogues)]
        seen = [marks_of(person).all for _, person in dialogues]
        answers = np.eye(len(KINDS), dtype=np.float32)[[KINDS.index(label) for label, _ in dialogues]]
        self._learn(sorted(mark for mark, count in counts.items() if count >= LEAST_SEEN), seen, answers)
        telling = np.abs(self.weights).max(axis=1) * np.array([VALUES[mark[0]] for mark in self.marks])
        kept = np.sort(np.argsort(-telling, kind="stable")[:MARKS_KEPT])
        self._learn([self.marks[at] for at in kept], seen, answers)

    def shares(self, people: Sequence[Person]) -> Matrix:
        """By person and kind: how likely."""
        return _softmax(self._table([marks_of(person).all for person in people]) @ self.weights + self.bias)

    def _learn(self, marks: list[str], seen: list[set[str]], answers: Matrix) -> None:
        self.marks = marks
        self._place = {mark: at for at, mark in enumerate(marks)}
        table = self._table(seen)
        alike = table @ table.T + np.float32(BIAS)
        parts = _solve(alike, answers)
        self.weights: Matrix = table.T @ parts
        self.bias: Matrix = np.float32(BIAS) * parts.sum(axis=0)
        self.bias[KINDS.index(CUSTOMER)] += CUSTOMERS_LEAD

    def _table(self, seen: Sequence[set[str]]) -> Matrix:
        table = np.zeros((len(seen), len(self.marks)), dtype=np.float32)
        for row, marks in zip(table, seen, strict=True):
            for mark in marks & self._place.keys():
                row[self._place[mark]] = VALUES[mark[0]]
            row /= float(np.linalg.norm(row)) ** LONG_TEXT or 1.0
        return table


def _longer(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """Some of the single lines again, each after a greeting and our answer to it: what follows counts."""
    single = [(label, person) for label, person in dialogues if len(person.lines) == 1 and label != UNCLEAR]
    return [
        (label, replace(person, lines=[GREETING, HOW_TO_HELP[turn % len(HOW_TO_HELP)], *person.lines]))
        for turn, (label, person) in enumerate(single[::GREETED_FIRST])
    ]


def _solve(alike: Matrix, answers: Matrix) -> Matrix:
    """Each dialogue's part in the weights: Nesterov's accelerated gradient on the regularised likelihood."""
    largest = np.ones(len(alike), dtype=np.float32)
    for _ in range(30):
        largest = alike @ largest
        size = float(np.linalg.norm(largest))
        largest = largest / np.float32(size)
    pace = np.float32(1 / (0.5 * size + PENALTY))
    parts: Matrix = np.zeros_like(answers)
    ahead: Matrix = parts
    momentum = 1.0
    for _ in range(ROUNDS):
        moved = np.asarray(
            ahead - pace * (_softmax(alike @ ahead) - answers + np.float32(PENALTY) * ahead), dtype=np.float32
        )
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = np.asarray(moved + (momentum - 1) / following * (moved - parts), dtype=np.float32)
        parts, momentum = moved, following
    return parts


def _softmax(scores: Matrix) -> Matrix:
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(parts / parts.sum(axis=1, keepdims=True), dtype=np.float32)


def _sides(shares: Matrix) -> Matrix:
    """Shares of customers, of everybody else, of what is unclear."""
    return np.stack([shares[:, 0], shares[:, 2:].sum(axis=1), shares[:, 1]], axis=1)


def _expected(dialogues: Sequence[Dialogue]) -> NDArray[np.int64]:
    return np.array([{CUSTOMER: 0, UNCLEAR: 2}.get(label, 1) for label, _ in dialogues])


def judged(training: Sequence[Dialogue], judging: Sequence[Dialogue]) -> tuple[Matrix, NDArray[np.int64]]:
    """Shares of the three sides for dialogues the model has not seen, and what they should be."""
    return _sides(Model(training).shares([person for _, person in judging])), _expected(judging)


def write(model: Model) -> None:
    """The weights file: a JSON header, then a mark and one character per kind on each line."""
    step = float(np.quantile(np.abs(model.weights), OUTLIERS)) / LEVELS
    levels = np.clip(np.round(model.weights / step), -LEVELS, LEVELS).astype(int) + ZERO
    header = {
        "kinds": KINDS,
        "bias": [round(float(one), 4) for one in model.bias],
        "step": round(step, 6),
        "fingerprint": fingerprint(),
    }
    rows = [f"{mark}\t{''.join(map(chr, row))}" for mark, row in zip(model.marks, levels, strict=True)]
    WEIGHTS.write_text("\n".join([json.dumps(header), *rows, ""]), encoding="utf-8")
    acquaintance.learned.cache_clear()


def main() -> None:
    """Write the weights, or say how well files the model has not seen are judged."""
    asked = argparse.ArgumentParser(description="Train the moderator's classifier.")
    asked.add_argument("--check", action="store_true", help="leave each file out in turn instead of writing weights")
    files = {path.name: read(path) for path in sorted(DATA.glob("*.txt"))}
    if not asked.parse_args().check:
        write(Model([one for dialogues in files.values() for one in dialogues]))
        print(f"{WEIGHTS.stat().st_size} bytes, {len(acquaintance.learned().marks)} marks")
        return
    for left_out, judging in files.items():
        shares, expected = judged([one for name in files if name != left_out for one in files[name]], judging)
        print(f"{left_out}: {(shares.argmax(axis=1) == expected).mean():.3f} of {len(judging)}")


if __name__ == "__main__":
    main()
