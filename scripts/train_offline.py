"""Train the offline engine's scorer on the shops in ``offline/`` and write its weights into the package.

    python scripts/train_offline.py            train on everything and write the weights
    python scripts/train_offline.py --check    train without each shop in turn and say how much of it comes out right

A shop is a folder ``knowledge`` and ``questions.jsonl`` as the exam reads it (``demo`` asks the demo's documents); the
shipped exam's shop, without the cases kept aside, is one more. A unit is a right answer when it holds all a question
must include and nothing it must not.
A conditional logit: the right units, or having no answer, against everything else. Nothing is random.
"""

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from saudager import demo
from saudager.db.migrate import AGENT, upgrade
from saudager.db.threads import connect
from saudager.exam import suites
from saudager.exam.cases import AnswerCase
from saudager.knowledge import library
from saudager.knowledge.search import search
from saudager.providers.llm import Fact
from saudager.providers.llm.offline import alike, covering, followed, marks, saying, scoring, setting
from saudager.providers.llm.offline.choosing import completed
from saudager.providers.llm.offline.covering import Likely, Marks
from saudager.providers.llm.offline.fitting import Context, Fit
from saudager.providers.llm.offline.likeness import base
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.reading import read
from saudager.providers.llm.offline.scoring import BY_HAND, WEIGHTS, score, weighed
from saudager.providers.llm.offline.setting import setting_of
from saudager.providers.llm.offline.units import units_of
from saudager.words import normalise

Matrix = NDArray[np.float64]

HERE = Path(__file__).parent
SHOPS, LINES = HERE / "offline", HERE / "moderator"
EXAM = Path(suites.__file__).with_name("cases")
DEMO = Path(next(iter(demo.__path__))) / "sample_shop"
FACTS = 10
PENALTY, ROUNDS = 12.0, 60
LEAST_SEEN, LEAST_SAID, ALWAYS_SAID = 5, 8, 0.1
ANY_DAY = datetime(2026, 10, 15, 9, 30, tzinfo=UTC)
THURSDAY = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a shop before everything that may answer it; the first is having no answer."""

    shop: str
    marks: list[Marks]
    right: list[bool]


def fingerprint() -> str:
    """Changes with the data, this script and what the scorer looks at."""
    data = [path for path in sorted(SHOPS.rglob("*")) if path.is_file()]
    code = [Path(module.__file__ or "") for module in (alike, covering, marks, scoring, setting)]
    made_of = [*data, *sorted(LINES.glob("*.txt")), EXAM / "answers.jsonl", Path(__file__), *code]
    return sha256(b"\0".join(path.read_bytes() for path in made_of)).hexdigest()[:16]


def common_words() -> dict[str, float]:
    """How common a lemma is among the moderator's lines, 0 to 1; rare ones are left out."""
    seen: Counter[str] = Counter()
    rows = [row for path in sorted(LINES.glob("*.txt")) for row in path.read_text(encoding="utf-8").splitlines()]
    dialogues = [row.split("\t")[2] for row in rows if row and not row.startswith("#")]
    for messages in dialogues:
        said = " ".join(line for line in messages.split(" | ") if not line.startswith("> "))
        seen.update({base(word) for word in re.findall(r"[^\W\d_]{3,}", normalise(said))})
    most = log(len(dialogues) * ALWAYS_SAID)
    return {word: min(1.0, round(log(times) / most, 2)) for word, times in seen.items() if times >= LEAST_SAID}


def shops() -> Iterator[tuple[str, Path, list[AnswerCase]]]:
    """Every shop's name, folder of documents, and questions."""
    for folder in sorted(SHOPS.iterdir()):
        documents = DEMO if folder.name == "demo" else folder / "knowledge"
        yield folder.name, documents, _cases(folder / "questions.jsonl")
    yield "exam", EXAM / "knowledge", _cases(EXAM / "answers.jsonl")


def _cases(path: Path) -> list[AnswerCase]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    fields = AnswerCase.model_fields
    return [
        AnswerCase.model_validate({name: value for name, value in row.items() if name in fields})
        for row in rows
        if not row.get("kept")
    ]


def questions(common: dict[str, float]) -> Iterator[Asked]:
    """What there is to learn from; a question that needs two answers at once teaches nothing."""
    for shop, folder, cases in shops():
        for case, facts in _found(folder, cases):
            yield from _asked(shop, case, facts, common)


def _found(folder: Path, cases: Sequence[AnswerCase]) -> list[tuple[AnswerCase, list[Fact]]]:
    with tempfile.TemporaryDirectory() as made:
        url = f"sqlite:///{made}/knowledge.db"
        upgrade(url, (AGENT,))
        engine = connect(url)
        with Session(engine) as session:
            for file in sorted(folder.iterdir()):
                library.store(session, library.read(folder, file.name), now=ANY_DAY)
            session.commit()
            found = [(case, search(session, case.question, limit=FACTS)) for case in cases]
        engine.dispose()
    return found


def _asked(shop: str, case: AnswerCase, facts: list[Fact], common: dict[str, float]) -> list[Asked]:
    units, context = units_of(facts), Context()
    pieces: list[tuple[str, Asked]] = []
    for one in read([case.question], today=THURSDAY).questions:
        if not (one.terms or one.topics or one.wants or one.days):
            continue
        whole = completed(one, context)
        for want in whole.wants or ("",):
            place = setting_of(whole, units, context, want, common)
            none, found = weighed(place)
            right = [not case.in_knowledge, *(case.in_knowledge and one for one in _right(found, case, whole, want))]
            pieces.append((want, Asked(shop, [none, *(each.marks for each in found)], right)))
        context = followed(context, one, "")
    if not case.in_knowledge:
        return [piece for _, piece in pieces[:1]]
    if len(pieces) > 1 and len(case.must_include) > 1:
        return []
    answered = [(want, piece) for want, piece in pieces if any(piece.right)]
    priced = [piece for want, piece in answered if want == "price"]
    return (priced or [piece for _, piece in answered])[:1]


def _right(found: Sequence[Likely], case: AnswerCase, asked: Question, want: str) -> list[bool]:
    """Which are right; of an enumeration the whole is, when one of its parts is, as the answer is narrowed to that."""
    alone = [_is_right(one, case, asked, want) for one in found]
    wholes = {one.unit.part_of for one, is_right in zip(found, alone, strict=True) if is_right} - {""}
    return [is_right or one.unit.said in wholes for one, is_right in zip(found, alone, strict=True)]


def _is_right(found: Likely, case: AnswerCase, asked: Question, want: str) -> bool:
    unit = found.unit
    if unit.price:
        said = saying.price(Fit(unit, 0.0, frozenset(found.matched), frozenset(), found.quantity), asked)
    else:
        said = saying.row(unit, asked, want) if unit.row else saying.prose(unit, asked)
    if not unit.row and unit.amount and found.quantity != 1:
        said += f". {saying.money(found.quantity * unit.amount)}"
    return suites.why_wrong(case, said) is None


class Model:
    """Weights by mark, learned from some questions."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        counts = Counter(name for one in asked for marked in one.marks for name, value in marked.items() if value)
        self.names = sorted(name for name, times in counts.items() if times >= LEAST_SEEN and name not in BY_HAND)
        place = {name: at for at, name in enumerate(self.names)}
        rows = [marked for one in asked for marked in one.marks]
        table = np.zeros((len(rows), len(place)))
        for row, marked in zip(table, rows, strict=True):
            for name, value in marked.items():
                if name in place:
                    row[place[name]] = value
        size = np.sqrt(np.maximum(np.sqrt((table**2).mean(axis=0)), 1e-3))
        given = np.array([score(marked, BY_HAND) for marked in rows])
        right = np.array([is_right for one in asked for is_right in one.right])
        starts = np.cumsum([0, *(len(one.marks) for one in asked)])[:-1]
        self.weights = dict(zip(self.names, _solve(table / size, given, right, starts) / size, strict=True)) | BY_HAND

    def choice(self, one: Asked) -> int:
        """Which is the answer; 0 is none."""
        return int(np.argmax([score(marked, self.weights) for marked in one.marks]))


def _solve(table: Matrix, given: Matrix, right: NDArray[np.bool_], starts: NDArray[np.int64]) -> Matrix:
    """Newton's method with the curvature of the softmax alone, each step halved until the loss falls."""
    owner = np.repeat(np.arange(len(starts)), np.diff([*starts, len(table)]))
    weights = np.zeros(table.shape[1])

    def shares(of: Matrix) -> tuple[float, Matrix, Matrix]:
        values = table @ of + given
        values = np.exp(values - np.maximum.reduceat(values, starts)[owner])
        whole, good = np.add.reduceat(values, starts), np.add.reduceat(values * right, starts) + 1e-12
        loss = float((np.log(whole) - np.log(good)).sum() + PENALTY * of @ of / 2)
        return loss, values / whole[owner], values * right / good[owner]

    loss, share, wanted = shares(weights)
    for _ in range(ROUNDS):
        slope = table.T @ (share - wanted) + PENALTY * weights
        means = np.add.reduceat(table * share[:, None], starts)
        curve = (table * share[:, None]).T @ table - means.T @ means + PENALTY * np.eye(len(weights))
        step, pace = np.linalg.solve(curve, slope), 1.0
        while pace > 1e-4 and (tried := shares(weights - pace * step))[0] >= loss:
            pace /= 2
        if pace <= 1e-4 or loss - tried[0] < 1e-6:
            break
        weights = weights - pace * step
        loss, share, wanted = tried
    return weights


def write(model: Model, common: dict[str, float]) -> None:
    """The weights file: the fingerprint, a line for each mark, a line for each common lemma."""
    rows = [f"fingerprint\t{fingerprint()}\t0"]
    rows += [f"mark\t{name}\t{model.weights[name]:.3f}" for name in model.names]
    rows += [f"word\t{word}\t{common[word]}" for word in sorted(common)]
    WEIGHTS.write_text("\n".join([*rows, ""]), encoding="utf-8")
    scoring.learned.cache_clear()


def main() -> None:
    """Write the weights, or say how well shops the scorer has not seen are answered."""
    parser = argparse.ArgumentParser(description="Train the offline engine's scorer.")
    parser.add_argument("--check", action="store_true", help="leave each shop out in turn instead of writing weights")
    common = common_words()
    asked = list(questions(common))
    if not parser.parse_args().check:
        write(Model(asked), common)
        print(f"{len(asked)} questions, {WEIGHTS.stat().st_size} bytes")
        return
    total = Counter[str]()
    for shop in dict.fromkeys(one.shop for one in asked):
        model = Model([one for one in asked if one.shop != shop])
        mine = [one for one in asked if one.shop == shop]
        right = sum(one.right[model.choice(one)] for one in mine)
        total.update(all=len(mine), right=right)
        print(f"{shop}: {right} of {len(mine)} right")
    print(f"{total['right'] / total['all']:.3f} right")


if __name__ == "__main__":
    main()
