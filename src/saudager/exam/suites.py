"""Who writes, what is answered, what may leave: each suite asks the product itself, never a copy of its rules."""

import re
from collections.abc import Sequence

from saudager import prompts
from saudager.agent import moderator as who
from saudager.exam.cases import AnswerCase, GroundingCase, ModeratorCase
from saudager.exam.report import Report
from saudager.exam.shop import Shop
from saudager.providers.llm import Person, Said
from saudager.truth import guard
from saudager.truth.named import named_fact
from saudager.words import normalise

_OFFERS_TO_FIND_OUT = re.compile(
    r"уточн|узна(?:ю|ем)|выясн|спрошу|спросим|провер(?:ю|им)|передам|передаю|нақтыла|анықта|сұра(?:п|й)|біліп"
    r"|find out|check with|ask (?:a|my|the|our) |get back to you|let you know"
)


async def moderator(shop: Shop, cases: Sequence[ModeratorCase]) -> Report:
    """Whether the verdict the salesperson acts on is the expected one."""
    report = Report("moderator")
    for case in cases:
        lines = [Said(message.sender, message.text) for message in case.messages]
        person = Person(case.contact.name, case.contact.full_name, case.contact.business_name, lines)
        prompt = prompts.load("moderator", shop.app.settings.prompts_dir)
        verdict = (await who.judge(shop.app.model, prompt, person)).value
        acted_on = who.acted_on(verdict, shop.app.settings.moderator_confidence)
        failed = {"got": acted_on, "confidence": verdict.confidence, "reasoning": verdict.reasoning}
        report.note(case.model_dump(by_alias=True), None if acted_on is case.expect else failed)
    return report


async def answers(shop: Shop, cases: Sequence[AnswerCase]) -> Report:
    """Whether the customer is told what the documents hold, and promised to be told what they do not."""
    report = Report("answers")
    for number, case in enumerate(cases, 1):
        said = " ".join(await shop.ask_as_customer(case.question, chat=f"7701{number:07}@c.us"))
        why = why_wrong(case, said)
        report.note(case.model_dump(), {"answer": said, "why": why} if why else None)
    return report


async def grounding(shop: Shop, cases: Sequence[GroundingCase]) -> Report:
    """Whether the guard lets true drafts out and stops the others."""
    report = Report("grounding")
    now = shop.clock.now().astimezone(shop.app.settings.zone)
    for case in cases:
        facts = [named_fact(written) for written in case.facts]
        examined = guard.examine(case.draft, facts=facts, now=now)
        got = "pass" if examined.passed else "fail"
        report.note(case.model_dump(), None if got == case.expect else {"got": got, "problems": examined.problems})
    return report


def why_wrong(case: AnswerCase, said: str) -> str | None:
    plain = _plain(said)
    if not plain:
        return "no answer"
    for unwanted in case.must_not_include:
        if _holds(plain, unwanted):
            return f"includes «{unwanted}»"
    for wanted in case.must_include:
        if not _holds(plain, wanted):
            return f"does not include «{wanted}»"
    if case.in_knowledge:
        return None
    if re.search(r"\d", plain):
        return "names a figure that the documents do not hold"
    return None if _OFFERS_TO_FIND_OUT.search(plain) else "does not offer to find out"


def _holds(plain: str, part: str) -> bool:
    """A figure must stand alone: «4 500» is not in «94 500»."""
    wanted = re.escape(_plain(part))
    before = r"(?<!\d)" if wanted[:1].isdigit() else ""
    after = r"(?!\d)" if wanted[-1:].isdigit() else ""
    return bool(re.search(f"{before}{wanted}{after}", plain))


def _plain(text: str) -> str:
    """Letter case, ё, dashes, no-break spaces and digit grouping do not count."""
    return re.sub(r"(?<=\d)[ \u00a0\u202f.,](?=\d{3}(?!\d))", "", normalise(text).replace("−", "-").replace("–", "-"))
