"""Which units answer a question, and the sentence they make."""

from collections.abc import Sequence
from dataclasses import replace

from saudager.languages import Language
from saudager.providers.llm.offline import saying
from saudager.providers.llm.offline.answers import Answer
from saudager.providers.llm.offline.audiences import audiences
from saudager.providers.llm.offline.extremes import extreme
from saudager.providers.llm.offline.fitting import Context, Fit
from saudager.providers.llm.offline.marks import is_reserved
from saudager.providers.llm.offline.naming import is_loose
from saudager.providers.llm.offline.notes import changed_price, exception, worded_price
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.scoring import fits_of
from saudager.providers.llm.offline.terms import Bag, bag, is_verb, match
from saudager.providers.llm.offline.units import Unit
from saudager.providers.llm.offline.works import first_word, services

_GENERAL = ("instalment", "payment", "prepayment", "discount", "return", "delivery", "pickup")
_FIRM_ENOUGH = 0.5
_CLOSE, _NEARLY, _CLEARLY, _MOST = 0.45, 0.6, 1.0, 0.65


def answer(asked: Question, units: Sequence[Unit], context: Context, language: Language) -> list[Answer]:
    """An answer to each kind of thing the question wants to know; empty when the passages do not hold it."""
    if asked.browses and asked.firm and not asked.wants and not asked.topics:
        goods = [unit for unit in units if not services(unit)]
        named = tuple(term for term in asked.terms if term.firm or not term.may_be_name)
        on_offer = _answer(replace(asked, terms=named, is_yes_no=False), goods, context, "price", language)
        if on_offer and on_offer.priced:
            return [on_offer]
    asked = completed(asked, context)
    wants = list(asked.wants) or [""]
    if "price" in wants and len(wants) > 1 and "percent" in wants:
        wants.remove("percent")
    found: list[Answer] = []
    for want in wants:
        one = _answer(asked, units, context, want, language)
        if one is None and want in ("hours", "address", "term", "who", "days", "percent") and len(wants) == 1:
            unpriced = [unit for unit in units if not unit.price]
            one = _answer(asked, unpriced, context, "", language) if want == "percent" else None
        if one and one.said not in " ".join(other.said for other in found):
            found.append(one)
    return found


def completed(asked: Question, context: Context) -> Question:
    """«А в Астану?» wants to know what the question before it wanted; «сколько дней?» is about its topic."""
    wants, topics = asked.wants, asked.topics
    if not wants and not topics:
        wants, topics = context.wants, context.topics
    elif not topics and not asked.firm:
        topics = context.topics
    if not asked.wants and asked.extreme:
        wants = ("price",)
    days = asked.days or (context.days if "hours" in wants else frozenset())
    return replace(asked, wants=wants, topics=topics, days=days)


def _answer(asked: Question, units: Sequence[Unit], context: Context, want: str, language: Language) -> Answer | None:
    if want == "price":
        asked = _with_works(asked, units)
    found = fits_of(asked, units, context, want)
    fits = _for_the_same_people([one for one in found if one.score > 0], asked)
    if not asked.firm and not set(asked.topics) & set(_GENERAL) and want not in ("hours", "address", "who"):
        fits = _about_the_same(fits, asked, context)
    if not fits:
        return worded_price(asked, fits_of(asked, units, context, ""), units) if want == "price" else None
    best = max(fits, key=lambda found: found.score)
    best = _narrowed(_that_names_more(best, fits, asked), found, asked)
    if asked.extreme and want in ("price", ""):
        end = extreme(asked, fits, context)
        if end is None and asked.is_relative:
            return None
        if end:
            best, fits = end, [end]
    if best.unit.price and not want and not asked.topics and not _says_most(best, asked):
        return None
    if best.unit.price:
        return _priced(best, fits, asked, units, want, language)
    if want == "price" and (told := worded_price(asked, fits_of(asked, units, context, ""), units)):
        return told
    if best.unit.row:
        return Answer(saying.row(best.unit, asked, want), (best.unit.fact,), want=want, named=best.matched)
    return _worded(best, fits, asked, units, want)


def _that_names_more(best: Fit, fits: list[Fit], asked: Question) -> Fit:
    """What names all the best does and something more is meant, unless it fits much worse."""
    loose = {term.key for term in asked.terms if "delivery" in asked.topics and is_loose(term, asked)}
    close = [found for found in fits if found.score > best.score - _NEARLY]
    fuller = [found for found in close if found.matched - loose > best.matched - loose]
    if not fuller and not best.unit.row:
        firm = {term.key for term in asked.firm}
        others = [found for found in close if found.unit.said != best.unit.part_of and found.matched >= best.matched]
        fuller = [found for found in others if found.plainly & firm > best.plainly & firm]
    return max(fuller, key=lambda found: found.score, default=best)


def _narrowed(best: Fit, found: Sequence[Fit], asked: Question) -> Fit:
    """The one part of an enumeration that is for the day asked about, or says by itself more of what is asked than its
    other parts."""
    within = [one for one in found if one.unit.part_of == best.unit.said]
    other_days = best.unit.days - asked.days if asked.days else frozenset()
    if other_days and (of_day := [one for one in within if one.unit.days & asked.days]):
        return max(of_day, key=lambda one: one.score)
    parts = [one for one in within if not one.unit.days]
    measures = {frozenset(number.unit for number in bag(one.unit.said).numbers) for one in parts}
    if len(measures) > 1 or measures == {frozenset()}:
        parts = [one for one in parts if one.unit.amount]
    telling = sorted(parts, key=lambda one: (len(one.plainly), one.score), reverse=True)[:2]
    if (
        best.unit.row
        or not telling
        or not telling[0].plainly
        or (len(telling) > 1 and len(telling[0].plainly) == len(telling[1].plainly))
    ):
        return best
    return telling[0] if telling[0].plainly >= best.plainly - _of_head(parts) else best


def _of_head(parts: Sequence[Fit]) -> frozenset[str]:
    """What all parts say alike stands before the list."""
    return frozenset.intersection(*(one.matched for one in parts))


def _says_most(best: Fit, asked: Question) -> bool:
    """A price nobody asked for is told only of what the question is plainly about."""
    terms = [term for term in asked.terms if not term.may_be_name]
    said = sum(term.weight for term in terms if term.key in best.matched)
    return bool(terms) and said >= _MOST * sum(term.weight for term in terms)


def _for_the_same_people(fits: list[Fit], asked: Question) -> list[Fit]:
    """For whom it is must agree where the passages tell: nothing when all that is named so is for others."""
    wanted = audiences(asked.plain)
    if not wanted or not fits:
        return fits
    told = [(found, audiences(found.unit.wide)) for found in fits if found.unit.row]
    others = [found for found, people in told if people and not people & wanted]
    rest = [found for found in fits if found not in others]
    if others and not any(people & wanted for _, people in told):
        best = max((found.score for found in rest), default=0.0)
        return rest if best > max(one.score for one in others) + _CLEARLY else []
    return rest


def _about_the_same(fits: list[Fit], asked: Question, context: Context) -> list[Fit]:
    """A question that names nothing is about what the conversation was about."""
    if not context.terms:
        telling = {term.key for term in asked.terms if asked.extreme or not term.may_be_name}
        return [found for found in fits if found.matched & telling and found.score > _FIRM_ENOUGH]
    things = {term.key for term in context.terms if term.firm and not term.number} | {"replied"}
    return [found for found in fits if found.earlier & things]


def _with_works(asked: Question, units: Sequence[Unit]) -> Question:
    """A verb that names the work of some row must stand in what answers: «удалить» and «Удаление зуба»."""
    works = Bag(frozenset(first_word(unit.row.name) for unit in units if unit.row) - {""})
    return replace(
        asked,
        terms=tuple(
            replace(term, firm=True, weight=1.5)
            if term.word and not term.firm and is_verb(term.word) and match(term, works)
            else term
            for term in asked.terms
        ),
    )


def _priced(
    best: Fit, fits: list[Fit], asked: Question, units: Sequence[Unit], want: str, language: Language
) -> Answer:
    group = _group(best, fits, asked)
    if asked.budget:
        group = [found for found in group if (found.unit.amount or 0) <= asked.budget] or group
    if len(group) == 1 and (changed := changed_price(best.unit, asked, units)):
        return changed
    same_row = [
        found
        for found in fits
        if found.unit.row is best.unit.row
        and found.unit.amount
        and any(match(term, found.unit.label) for term in asked.terms if term.word)
    ]
    if asked.wants_total and len(same_row) > 1 and _are_apart(same_row, asked):
        return _sum(same_row, asked)
    said = saying.prices(group, asked, language)
    facts = tuple(dict.fromkeys(found.unit.fact for found in group))
    if len(group) == 1 and (note := exception(best.unit, units)):
        said = f"{said}. {note}"
    amount = group[0].quantity * group[0].unit.amount if len(group) == 1 and group[0].unit.amount else None
    return Answer(said, facts, amount=amount, priced=True, open=len(group) > 1, want=want, named=best.matched)


def _group(best: Fit, fits: list[Fit], asked: Question) -> list[Fit]:
    """The prices that are meant as much as the best one; of a plain and an extended name the plain one is meant."""
    fact = best.unit.fact
    any_row = asked.browses or _names_the_column_alone(best, asked)
    alike = [
        found
        for found in fits
        if found.unit.price
        and (found is best or not is_reserved(found.unit, asked))
        and (found.unit.fact.file, found.unit.fact.section) == (fact.file, fact.section)
        and (found.matched, found.plainly) == (best.matched, best.plainly)
        and found.earlier - {"replied"} == best.earlier - {"replied"}
        and (any_row or found.score > best.score - _CLOSE - 0.12 * 4)
    ]
    plain = [found for found in alike if not any(_extends(found.unit.name, other.unit.name) for other in alike)]
    replied = [found for found in plain if "replied" in found.earlier]
    return replied or plain or [best]


def _names_the_column_alone(best: Fit, asked: Question) -> bool:
    """«Сколько стоит доставка?» where each row of the column is a town, and none is named."""
    said = [term for term in asked.terms if term.word]
    return (
        not best.earlier
        and any(match(term, best.unit.label) for term in said)
        and not any(match(term, best.unit.name) for term in said)
    )


def _extends(longer: Bag, shorter: Bag) -> bool:
    return shorter.words < longer.words or (
        shorter.words == longer.words and len(longer.numbers) > len(shorter.numbers)
    )


def _are_apart(columns: list[Fit], asked: Question) -> bool:
    """Whether each column is of another thing asked for: an original and a copy of one thing are not added up."""
    things = [
        frozenset(term.key for term in asked.terms if term.word and match(term, one.unit.label)) for one in columns
    ]
    return len(set(things)) == len(things)


def _sum(group: list[Fit], asked: Question) -> Answer:
    first = group[0].unit
    assert first.row
    parts = " + ".join(found.unit.price.said for found in group if found.unit.price)
    total = sum(found.unit.amount or 0 for found in group)
    return Answer(
        f"{saying.prices(group, asked, 'ru')}; вместе {parts} = {saying.money(total)}",
        (first.fact,),
        amount=total,
        priced=True,
    )


def _means_as_much(found: Fit, best: Fit) -> bool:
    return (
        found.unit.fact.section == best.unit.fact.section
        and (found.matched, found.plainly, found.earlier) == (best.matched, best.plainly, best.earlier)
        and found.score > best.score - 0.2
    )


def _worded(best: Fit, fits: list[Fit], asked: Question, units: Sequence[Unit], want: str) -> Answer:
    unit = best.unit
    alike = [found for found in fits if not found.unit.row and _means_as_much(found, best)]
    if want in ("hours", "address"):
        told = [found for found in alike if bool(found.unit.part_of) == bool(unit.part_of)][:4]
        lines = dict.fromkeys(saying.prose(found.unit, asked) for found in told)
        return Answer("; ".join(lines), tuple(dict.fromkeys(found.unit.fact for found in told)), want=want)
    if unit.part_of and not unit.days:
        rivals = [found for found in alike if found is not best and found.unit.part_of == unit.part_of]
        if rivals:
            whole = next(one for one in units if one.said == unit.part_of)
            return Answer(saying.prose(whole, asked), (unit.fact,), priced=want == "price", want=want)
    said, amount = saying.prose(unit, asked), unit.amount
    if best.quantity != 1 and amount:
        said += f". {saying.times(best.quantity, saying.money(amount), amount)}"
        amount *= best.quantity
    priced = want == "price" and amount is not None
    return Answer(said, (unit.fact,), amount=amount, priced=priced, want=want, named=best.matched)
