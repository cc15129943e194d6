"""Which unit answers a question and whether any does, by weights learned from questions to many kinds of shops.

``scripts/train_offline.py`` learns them: the marks of the right unit, or of having no answer, against all the others.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from saudager.providers.llm.offline.covering import Likely, Marks, kind_of
from saudager.providers.llm.offline.fitting import Context, Fit
from saudager.providers.llm.offline.marks import likely
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.setting import Setting, setting_of
from saudager.providers.llm.offline.terms import is_verb
from saudager.providers.llm.offline.units import Unit

WEIGHTS = Path(__file__).with_name("scoring.tsv")
BY_HAND = {"earlier": 0.5, "replied": 1.0}
"""Weights of the conversation before, which the questions to learn from do not have."""


@dataclass(frozen=True, slots=True)
class Learned:
    """``weights`` by mark; ``common`` says how common a lemma is among customers' lines, 0 to 1."""

    weights: Mapping[str, float]
    common: Mapping[str, float]
    fingerprint: str


@cache
def learned() -> Learned:
    """The shipped weights."""
    weights, common, fingerprint = dict(BY_HAND), dict[str, float](), ""
    for line in WEIGHTS.read_text(encoding="utf-8").splitlines():
        kind, name, value = line.split("\t")
        if kind == "fingerprint":
            fingerprint = name
        else:
            (weights if kind == "mark" else common)[name] = float(value)
    return Learned(weights, common, fingerprint)


def fits_of(asked: Question, units: Sequence[Unit], context: Context, want: str) -> list[Fit]:
    """The units that are a better answer than none, with the parts of such sentences; ``score`` says by how much."""
    known = learned()
    setting = setting_of(asked, units, context, want, known.common)
    if _is_half_named(setting):
        return []
    none, found = weighed(setting)
    least = score(none, known.weights)
    values = [(one, score(one.marks, known.weights) - least) for one in found]
    wholes = {one.unit.said for one, value in values if value > 0 and not one.unit.row}
    return [
        Fit(
            one.unit,
            value,
            frozenset(one.matched),
            frozenset(one.earlier),
            one.quantity,
            one.plainly(setting),
            one.leads,
        )
        for one, value in values
        if value > 0 or one.unit.part_of in wholes
    ]


def score(marks: Marks, weights: Mapping[str, float]) -> float:
    """The sum of the marks, each times its weight; a mark nobody learned counts nothing."""
    return sum(weights.get(name, 0.0) * value for name, value in marks.items())


def weighed(setting: Setting) -> tuple[Marks, list[Likely]]:
    """The marks of having no answer, and the units that may answer with theirs."""
    found = [one for unit in setting.everything if (one := likely(unit, setting))]
    most, like = (max((one.marks[name] for one in found), default=0.0) for name in ("covered", "like"))
    for one in found:
        one.marks["covered_behind"] = most - one.marks["covered"]
        one.marks["like_behind"] = like - one.marks["like"]
    return _none(setting, most, like), found


def _none(setting: Setting, most: float, like: float) -> Marks:
    """What speaks for having no answer: words nothing in the papers bears, and that nothing covers much."""
    asked = setting.asked
    strange = [term for term in asked.terms if not setting.spread[term]]
    head = next((term for term in asked.terms if term.word and not term.is_adjective and term.firm), None)
    unknown = sum(setting.weight[term] for term in strange) / setting.total
    marks: Marks = defaultdict(
        float,
        {
            "none": 1.0,
            "none_top": setting.best_found,
            "none_want": bool(setting.want),
            "none_price": setting.want == "price",
            "none_topic": bool(asked.topics),
            "none_short": 1 / (1 + len(asked.terms)),
            "none_yes_no": asked.is_yes_no,
            "none_bare": not asked.terms,
            "none_best": most,
            "none_best_like": like,
            "none_unknown_head": head in strange,
            "none_unknown_share": unknown,
            "none_unknown_weak": unknown * (1 - most),
        },
    )
    for term in asked.terms:
        if term.may_be_name:
            continue
        if term in strange and not (term.number and term.counts):
            marks[f"none_unknown_{kind_of(term)}{'' if term.firm else '_loose'}"] += setting.rarity[term]
        else:
            marks["none_known"] += setting.rarity[term]
    return marks


def _is_half_named(setting: Setting) -> bool:
    """«Кружка хамелеон»: all it names is two words side by side, and the papers know only one of them."""
    things = [term for term in setting.asked.firm if term.word and not is_verb(term.word)]
    if len(things) != 2 or sum(not setting.spread[term] for term in things) != 1:
        return False
    return f"{things[0].word} {things[1].word}" in setting.asked.plain
