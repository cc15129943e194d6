"""Whether the customer's new lines say yes to something that commits him: then there is a deal."""

import re

from sqlalchemy.orm import Session

from saudager.agent.briefing import OpenTurn
from saudager.conversations import transcript
from saudager.conversations.models import Author
from saudager.db.statements import Statement
from saudager.followups.replies import Reply, read_reply
from saudager.words import normalise, sentences

_OFFERS = re.compile(
    r"(?<!\w)(?:оформ(?:ить|им|ля(?:ем|ю|ете|ть))|заказ(?:ать|ыва(?:ем|ете|ть))|(?:за)?брониру(?:ем|ю|ете)|"
    r"(?:за)?бронировать|отлож(?:ить|им|у)|(?:за)?резервиру(?:ем|ю|ете)|(?:за)?резервировать|"
    r"закреп(?:ить|им|ля(?:ем|ю))|запис(?:ать(?:ся)?|ыва(?:ем|ю|ть))|запишем|"
    r"выстав(?:ить|им|ля(?:ем|ю|ть))|подготов(?:ить|им)|составить договор|(?:вы)?берете|возьмете|будете брать|"
    r"покупа(?:ем|ете|ть)|купить|приобре(?:сти|таете)|устраивает|устроит|подходит|подойдет|"
    r"согласны|договорились|приступ(?:ить|аем|им)|начина(?:ем|ть)|начнем|запуска(?:ем|ть)|привез(?:ти|ем)|"
    r"достав(?:ить|им|ля(?:ем|ть))|отправ(?:ить|им|ля(?:ем|ть)) (?:вам )?(?:заказ|счет|договор|ссылку на оплату)|"
    r"созвон(?:имся|иться)|(?:пере)?звон(?:ить|им|ю)|позвон(?:ить|им|ю)|встре(?:тимся|титься)|"
    r"подтвержда(?:ете|ем)|подтвердить|(?:пере)?направить замерщика|прислать замерщика|"
    r"р[әа]с[іи]мде(?:й\w*|п)|тапсырыс (?:бер(?:есіз|еміз|ейік)|жаса\w*|ал\w*)|броньда\w*|"
    r"жаз(?:ып\s+\w+|айын|айы[қк])|[қк]олайлы|келісе(?:сіз|міз)|жарай|жарайды|"
    r"ал(?:асыз|амыз|айы[қк])|дайында(?:й\w*|п)|жеткіз(?:іп|ейік|ейін|еміз)|[қк]о[ңн]ырау шал\w*|бастай(?:ы[қк]|мыз)|"
    r"place (?:the|an|your) order|order it|book|reserve|invoice|proceed|go ahead|deal|take it|buy|arrange|"
    r"suits? you|work for you|deliver|schedule|call you)(?!\w)"
)
_ASKS = re.compile(
    r"(?<!\w)(?:или|немесе|or|впервые|первый раз|раньше|ранее|обычно|часто|для себя|в подарок|before|already|бұрын|"
    r"как(?:ой|ая|ое|ие|ого|ую|им)?|когда|куда|сколько|где|котор\w+|кто|что|"
    r"which|what|when|where|how|who|қай\w*|қашан|қанша|кім\w*)(?!\w)"
)
"""An answer to such a question is news, and its «да» commits nobody."""
_TAKES = re.compile(
    r"(?<!\w)(?<!не )(?:беру|берем|возьму|возьмем|оформля(?:йте|ем|ю)|оформите|оформим|заказываю|заказываем|покупаю|"
    r"покупаем|бронируйте|забронируйте|бронирую|выставляйте|записывайте|"
    r"аламын|аламыз|тапсырыс берем\w*|р[әа]с[іи]мдей бер\w*|р[әа]с[іи]мде[ңн]із|"
    r"(?:i|we)\W?ll take it|book it|order it|go ahead|let\W?s do it|deal)(?!\w)"
)
_TOUCHED = Statement("select 1 from messages where id = :line and outgoing_id like 'follow_up:%'")


def agreed_to(session: Session, turn: OpenTurn) -> str | None:
    """Our last line, when it was an offer or a follow-up and the customer says yes to it; None otherwise.

    A yes to a question that only asks («Вы писали нам раньше?», «Вам с доставкой?») commits nobody. Where we offered
    nothing, only words of taking («беру», «оформляйте») are a yes.
    """
    ours = turn.last_of_ours
    said = "\n".join(turn.said)
    if ours is None or ours.author != Author.BOT or not said:
        return None
    line = transcript.words(ours)
    if read_reply(said, line) is not Reply.YES:
        return None
    if is_offer(line) or takes(said) or is_touch(session, ours.id):
        return line
    return None


def is_touch(session: Session, line: int) -> bool:
    """Whether a line of ours, by its row, was a follow-up."""
    return _TOUCHED(session, line=line).fetchone() is not None


def is_offer(line: str) -> bool:
    """Whether a line of ours asks the customer to commit himself: to an order, a booking, a price, a call."""
    asked = [normalise(sentence) for sentence in sentences(line) if "?" in sentence]
    return any(_OFFERS.search(sentence) and not _ASKS.search(sentence) for sentence in asked)


def takes(said: str) -> bool:
    """Whether the customer takes it in so many words, whatever we asked."""
    return _TAKES.search(normalise(said)) is not None
