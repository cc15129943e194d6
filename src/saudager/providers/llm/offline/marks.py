"""What speaks for and against one unit as the answer to a question, as named figures that a learned scorer weighs."""

import re
from collections import defaultdict
from math import log

from saudager.providers.llm.offline.alike import alike
from saudager.providers.llm.offline.attributes import FREE, TOPICS, WANTS, holds, topics_held
from saudager.providers.llm.offline.audiences import audiences
from saudager.providers.llm.offline.covering import Likely, covers, kind_of
from saudager.providers.llm.offline.naming import named
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.schedule import days_in
from saudager.providers.llm.offline.setting import Setting, pairs_of
from saudager.providers.llm.offline.terms import Bag, Term, match
from saudager.providers.llm.offline.units import Unit
from saudager.providers.llm.offline.works import ANCILLARY, ASIDE, first_word, services
from saudager.words import normalise

_FULL_NAME = re.compile(r"[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][a-zа-яёәғқңөұүһі]+ [A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]")
_ONLY = re.compile(r"(?<!\w)только(?!\w)")
_YES_NO = re.compile(r"(?:да|нет|можно|нельзя|конечно)(?!\w)")
_VALUES = ("hours", "days", "address", "term", "stock", "percent", "age", "count")
_CUT = 3
_PLACE_AND_TIME = ("hours", "days", "address")
_EARLIER_FADES = 0.97


def likely(unit: Unit, setting: Setting) -> Likely | None:
    """The marks of a unit; None when an exact size, code or quantity contradicts, when it is what the thing must not
    be, or when it speaks of something else than what is asked about the thing."""
    if any(match(Term(word), setting.everything[unit]) for word in setting.asked.excluded):
        return None
    found = Likely(unit, defaultdict(float), set(), set())
    if _is_beside_the_topic(unit, setting) or not covers(found, setting):
        return None
    _kind(found, setting)
    _people(found, setting)
    _unasked(found, setting)
    _topics(found, setting)
    _wording(found, setting)
    _conversation(found, setting)
    return found


def _is_beside_the_topic(unit: Unit, setting: Setting) -> bool:
    """A price where warranty, payment and the like are asked about, or a row or another topic's sentence that does not
    speak of them; the price of a work nobody asked for."""
    topics = set(setting.asked.topics) - {"delivery", "pickup"}
    if topics and unit.price and setting.want != "price":
        return True
    if (
        unit.price
        and "delivery" in setting.asked.topics
        and any(kind_of(term) == "place" for term in setting.asked.terms)
    ):
        return not unit.is_about("delivery")
    if topics and not any(unit.is_about(topic) for topic in topics):
        return bool(unit.row) or bool(topics_held(normalise(unit.fact.section)))
    if setting.want == "hours" and not setting.asked.topics and not unit.row:
        return any(unit.is_about(topic) for topic in ("delivery", "pickup"))
    works = services(unit) & ANCILLARY if setting.want == "price" and not unit.row else set()
    return bool(works) and not _is_asked(works, setting)


def _is_asked(works: set[str], setting: Setting) -> bool:
    return works <= setting.works or (works == {"доставка"} and "delivery" in setting.asked.topics)


def _kind(found: Likely, setting: Setting) -> None:
    """What sort of unit it is, and whether it holds the kind of value wanted."""
    unit, marks, want, asked = found.unit, found.marks, setting.want, setting.asked
    shape = "cell" if unit.price else "row" if unit.row else "part" if unit.part_of else "prose"
    marks[f"shape_{shape}"] += 1
    if want == "price":
        told = "cell" if unit.price else "row" if unit.row else "told" if holds("price", unit.plain) else "untold"
        marks[f"price_{told}"] += 1
        marks["price_free"] += told == "told" and bool(FREE.search(unit.plain))
    elif want == "who":
        marks["who_held" if _FULL_NAME.search(unit.row.name if unit.row else unit.said) else "who_missing"] += 1
    elif want in _VALUES:
        is_held = holds(want, unit.plain)
        marks[f"{want}_held" if is_held else "want_missing"] += 1
        marks["want_held"] += is_held
        marks[f"want_{shape}"] += 1
    else:
        marks[f"open_{shape}"] += 1
    marks[f"topical_{shape}"] += bool(asked.topics)
    marks["only"] += is_reserved(unit, asked)
    if asked.days:
        days = unit.days or (days_in(unit.plain) if unit.row else frozenset())
        if days:
            marks["day_right" if asked.days & days else "day_wrong"] += 1
    else:
        marks["day_unasked"] += bool(unit.days and unit.part_of)


def is_reserved(unit: Unit, asked: Question) -> bool:
    """A column for one thing alone («только матрас») that the question does not name."""
    if not unit.price or not _ONLY.search(normalise(unit.price.label)):
        return False
    return not any(match(term, unit.label) for term in asked.terms if term.word)


def _people(found: Likely, setting: Setting) -> None:
    """Whether it is for those the question is about."""
    if setting.people:
        people = audiences(found.unit.wide)
        is_right = "people_right" if setting.people & people else "people_wrong" if people else "people_untold"
        found.marks[is_right] += 1


def _unasked(found: Likely, setting: Setting) -> None:
    """What its name and column say that nobody asked for."""
    unit, marks = found.unit, found.marks
    said = [term.word for term in (*setting.asked.terms, *setting.context.terms) if term.word]
    title = [word for word in unit.name.words if len(word) > 2]
    if title:
        extra = sum(1 for word in title if not _is_said(word, said))
        marks["extra_title"] += extra
        marks["extra_share"] += extra / len(title)
    if unit.price:
        label = [word for word in unit.label.words if len(word) > 2]
        marks["extra_label"] += sum(1 for word in label if not _is_said(word, said)) / max(len(label), 1)
        marks["plain_label"] += not label
    if not unit.row:
        marks["long"] += log(1 + len(unit.own.words))
        marks["figure"] += bool(re.search(r"\d", unit.plain))
        marks["figure_of_topic"] += bool(setting.asked.topics and re.search(r"\d", unit.plain))
        marks["yes_no"] += bool(setting.asked.is_yes_no and _YES_NO.match(unit.plain))
    if works := services(unit):
        marks["work_asked" if _is_asked(works, setting) else "work_unasked"] += 1
    heads = {first_word(unit.price.label if unit.price else ""), first_word(unit.row.name if unit.row else "")}
    held = Bag(frozenset(heads - {""}))
    found.leads = any(match(term, held) for term in setting.asked.terms if term.word)
    marks["leads"] += found.leads


def _is_said(word: str, said: list[str]) -> bool:
    """In any form, or cut short as columns are: «шир.» for «ширина»."""
    is_cut = len(word) == _CUT and any(one.startswith(word) for one in said)
    return is_cut or any(match(Term(one), Bag(frozenset((word,)))) for one in said)


def _topics(found: Likely, setting: Setting) -> None:
    """Whether it speaks of what is asked about, and of what is not."""
    unit, marks, topics = found.unit, found.marks, setting.asked.topics
    for topic in topics:
        if unit.is_about(topic):
            marks["topic_held"] += 1
            marks["topic_in_text"] += bool(TOPICS[topic][1].search(unit.plain))
        else:
            marks["topic_missing"] += 1
    others = [topic for topic in ASIDE if topic not in topics]
    told = 0 if unit.row else sum(1 for topic in others if TOPICS[topic][1].search(unit.plain))
    marks["topic_unasked"] += told
    marks["topic_unasked_price"] += bool(told and setting.want == "price")
    section = normalise(unit.fact.section)
    marks["section_wanted"] += bool(setting.want in _PLACE_AND_TIME and WANTS[setting.want].search(section))
    marks["section_unasked"] += any(TOPICS[topic][1].search(section) for topic in others)


def _wording(found: Likely, setting: Setting) -> None:
    """How alike the texts are, and how well the search found it."""
    unit, marks, plain = found.unit, found.marks, setting.asked.plain
    label = unit.price.label if unit.price else ""
    title = normalise(f"{unit.row.name} {label}") if unit.row else unit.plain
    marks["pairs"] += len(set(setting.pairs) & set(pairs_of(title))) / max(len(setting.pairs), 1)
    marks["like"] += alike(plain, normalise(unit.row.name) if unit.row else unit.plain)
    marks["like_section"] += alike(plain, normalise(unit.fact.section))
    if unit.asked.words:
        marks["faq"] += 1
        shared = sum(setting.weight[term] for term in setting.asked.terms if match(term, unit.asked))
        marks["faq_share"] += shared / setting.total
        words = [word for word in unit.asked.words if len(word) > 3]
        ours = Bag(frozenset(re.findall(r"[^\W\d_]{3,}", plain)))
        marks["faq_back"] += sum(1 for word in words if match(Term(word), ours)) / max(len(words), 1)
    marks["rank_top"] += unit.rank == 0
    marks["rank"] += 1 / (1 + unit.rank)
    marks["score"] += unit.fact.score
    marks["behind"] += setting.best_found - unit.fact.score


def _conversation(found: Likely, setting: Setting) -> None:
    """What of the conversation before it also names."""
    context = setting.context
    replaced = {term.number.unit for term in setting.asked.terms if term.number}
    for place, term in enumerate(context.terms):
        if term.key in found.matched or (term.number and term.number.unit in replaced):
            continue
        if how := named(term, found.unit):
            found.marks["earlier"] += term.weight * how * _EARLIER_FADES**place
            found.earlier.add(term.key)
    words = found.unit.name.words
    if context.replied.words and found.unit.row and words:
        share = len(words & context.replied.words) / len(words)
        found.marks["replied"] += share
        if share == 1:
            found.earlier.add("replied")
