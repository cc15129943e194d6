"""What a draft says was done: it is true only when the row that shows it exists."""

import re
from collections.abc import Iterator

from saudager.truth.figures import FigureKind, figures
from saudager.truth.known import Known
from saudager.truth.named import NamedFact
from saudager.truth.rows import is_true
from saudager.words import normalise, sentence_spans

_DEEDS: dict[str, tuple[str, str]] = {
    # words of a fact's name that show it → how a draft says it
    "booked": (
        "booked booking scheduled appointment reserved reservation registered enrolled meeting call measurement visit",
        r"записал[аи]?|вы\s(?:уже\s)?записаны|запись\s(?:уже\s)?(?:оформлена|подтверждена|создана|принята)"
        r"|внес(?:ла|ли)?\sвас|назначил[аи]?|(?:мастер|замерщик|встреча|созвон|замер|визит)\s(?:уже\s)?назначен\w*"
        r"|забронировал[аи]?|бронь\s(?:уже\s)?(?:оформлена|подтверждена|создана|готова)|забронирован[аоы]?"
        r"|(?:ваша\s)?запись\s(?:за\sвами|есть)|жаз(?:ды[мқ]|ып\sқойд(?:ым|ық))|"
        r"жазылды(?:ңыз)?|брондад(?:ым|ық)|брондалды"
        r"|(?:i|we)(?:\shave|'ve)?\s(?:just\s)?(?:booked|scheduled|signed\syou\sup|put\syou\sdown)"
        r"|(?:is|are|been|you're|it's)\s(?:now\s|all\s|already\s)?(?:booked|scheduled)",
    ),
    "reserved": (
        "reserved reservation held hold set aside booked booking",
        r"зарезервировал[аи]?|зарезервирован[аоы]?|отложил[аи]?|отложен[аоы]?|придержал[аи]?|закрепил[аи]?"
        r"|закреплен[аоы]?\sза\sвами|резервтед(?:ім|ік)|(?:i|we)(?:\shave|"
        r"'ve)?\s(?:just\s)?(?:reserved|held|set\saside)"
        r"|(?:is|are|been)\s(?:now\s|already\s)?(?:reserved|set\saside)|алып\sқойд(?:ым|ық)",
    ),
    "sent": (
        "sent emailed mailed delivered_message pictured",
        r"отправил[аи]?|отправлен[аоы]?|выслал[аи]?|выслан[аоы]?|скинул[аи]?|прислал[аи]?|"
        r"(?:ушел|ушла|ушло)\s(?:вам\s)?на\sпочту"
        r"|уже\s(?:у\sвас\s)?на\sпочте|жібер(?:дім|дік|ілді)|"
        r"(?:i|we)(?:\shave|'ve)?\s(?:just\s|already\s)?(?:sent|emailed|mailed|e-mailed)"
        r"|(?:is|was|been)\s(?:just\s|already\s)?(?:sent|emailed)",
    ),
    "pictured": (
        "pictured",
        r"(?:отправляю|высылаю|шлю|прикрепил[аи]?|прикрепляю|прилагаю|приложил[аи]?|показываю|вот|ловите|держите)\s"
        r"(?:\w+\s){0,3}?(?:фото\w*|картинк\w+|изображени\w+|снимк\w+|снимок)|(?:фото\w*|картинк\w+|изображени\w+|снимок)\s"
        r"(?:\w+\s){0,3}?ниже(?=\s*(?:[.,;:!)]|$))|(?:фото|сурет)\w*\s(?:\w+\s)?(?:жіберіп\sжатырмын|жіберемін|төменде)"
        r"|төмендегі\s(?:фото|сурет)\w*|(?:here\sis|here's|here\sare|attached\s(?:is|are)|(?:i'm|i\sam)\s(?:sending|attaching))\s"
        r"(?:\w+\s){0,4}?(?:picture|photo|image)s?|(?:picture|photo|image)s?\sbelow",
    ),
    "ordered": (
        "ordered order placed created order_created registered issued invoice contract",
        r"оформил[аи]?|оформлен[аоы]?|заказал[аи]\s(?:для\s)?вам|создал[аи]?\s(?:заказ|"
        r"заявку|счет)|(?:заказ|заявка|бронь)\s(?:уже\s)?"
        r"(?:принят|создан|подтвержден|получен)[аоы]?|принял[аи]?\s(?:ваш\w*\s)?(?:заказ|заявку|оплату)|выставил[аи]?"
        r"|рәсімде(?:дім|дік|лді)|қабылда(?:дым|дық|нды)|(?:i|we)(?:\shave|'ve)?\s(?:just\s|already\s)?placed"
        r"|order\s(?:is|has\sbeen|was)\s(?:placed|created|accepted)",
    ),
    "paid": (
        "paid payment received prepaid charged",
        r"оплат\w*\s(?:\w+\s){0,2}?(?:вижу|прошла|получен[аоы]?|поступил[аи]?|пришла|принята|зачислена|подтверждена)"
        r"|оплату\s(?:\w+\s)?(?:получил[аи]?|принял[аи]?|увидел[аи]?)|(?:вижу|"
        r"получил[аи]?|приняли?)\s(?:ваш\w*\s)?оплат\w*|оплачен[аоы]?|"
        r"внесли\s(?:\w+\s){0,2}?(?:предоплат|оплат|аванс|задат|платеж)\w*|деньги\s(?:уже\s)?(?:поступили|пришли)"
        r"|төлем\w*\s(?:түсті|қабылданды|алдық)|payment\s(?:has\sbeen\s|was\s|"
        r"is\s)?(?:received|confirmed)|received\syour\spayment",
    ),
    "refunded": (
        "refunded refund returned money_back",
        r"вернул[аи]?\s(?:вам\s)?(?:деньги|оплату|сумму|предоплату)|(?:деньги|возврат\w*|сумма)\s(?:\w+\s)?(?:уже\s)?"
        r"(?:вернули|возвращен[аоы]?|оформлен|сделан|отправлен)|refunded|қайтар(?:дым|дық|ылды)",
    ),
    "handed over": (
        "handed handover hand forwarded passed escalated transferred notified informed told asked manager",
        r"передал[аи]?|передан[аоы]?|(?:сообщил[аи]?|написал[аи]?|позвонил[аи]?|сказал[аи]?|доложил[аи]?)\s"
        r"(?:\w+\s)?(?:коллег|менедж|мастер|директор|руковод|специалист|начальн|бухгалт|"
        r"склад)\w*|позвал[аи]?|уведомил[аи]?|подключил[аи]?"
        r"|тапсырд(?:ым|ық)|бер(?:дім|дік)|жеткізд(?:ім|ік)|(?:i|we)(?:\shave|"
        r"'ve)?\s(?:just\s|already\s)?(?:passed|forwarded|handed|notified|told|informed)",
    ),
    "cancelled": (
        "cancelled canceled cancellation",
        r"отменил[аи]?|отменен[аоы]?|аннулировал[аи]?|снял[аи]?\s(?:бронь|запись)|бас\sтартты\w*|cancel(?:l)?ed",
    ),
    "moved": (
        "rescheduled moved changed postponed booked",
        r"перенес(?:ла|ли)?|перенесен[аоы]?|передвинул[аи]?|сдвинул[аи]?|ауыстыр(?:дым|дық)|rescheduled|moved\syour",
    ),
    "confirmed": (
        "confirmed booked approved",
        r"подтвердил[аи]?|подтвержден[аоы]?|согласовал[аи]?|одобрил[аи]?|одобрен[аоы]?|растад(?:ым|ық)"
        r"|(?:is|has\sbeen|i've|we've|have)\s(?:confirmed|approved)",
    ),
    "shipped": (
        "shipped dispatched shipment delivered delivery in_transit sent",
        r"отгрузил[аи]?|отгружен[аоы]?|(?:курьер|машина|мастер|заказ|замерщик|"
        r"водитель)\s(?:уже\s)?(?:выехал[аи]?|в\sпути|едет)|shipped|dispatched"
        r"|доставил[аи]?\s(?:вам|ваш)|(?:заказ|товар|посылка)\s(?:уже\s)?доставлен[аоы]?|жолға\sшықты",
    ),
    "ready": (
        "ready packed assembled prepared completed",
        r"(?:заказ|товар|торт|букет|изделие)\s(?:\w+\s)?(?:уже\s)?(?:готов|собран|"
        r"упакован|укомплектован)[аоы]?|тапсырыс\w*\sдайын",
    ),
    "talked": (
        "called talked contacted agreed notified phoned",
        r"(?:пере|по|до)звонил[аи]?|связал(?:ся|ась|ись)|договорил(?:ся|ась|ись)|i've\sspoken|қоңырау\sшал(?:дым|дық)",
    ),
    "credited": (
        "credited bonus points cashback accrued added",
        r"начислил[аи]?|начислен[аоы]?|зачислил[аи]?|credited",
    ),
    "written off": ("written debited charged deducted", r"списал[аи]?"),
    "added": ("added cart changed updated noted saved", r"добавил[аи]?|внес(?:ла|ли)?(?!\s(?:\w+\s)?(?:предоплат|"
        r"оплат|аванс|задат|платеж))|обновил[аи]?|исправил[аи]?|"
        r"отметил[аи]?|занес(?:ла|"
        r"ли)?|енгізд(?:ім|ік)|қостым"),
}  # fmt: skip
_DEED = re.compile("|".join(f"(?P<d{n}>(?<!\\w)(?:{said})(?!\\w))" for n, (_, said) in enumerate(_DEEDS.values())))
_SHOWN_BY = [frozenset(shows.split()) for shows, _ in _DEEDS.values()]
_NO_DEED = frozenset(
    ("date", "day", "days", "price", "cost", "fee", "from", "min", "max", "time", "hours", "deadline", "length", "link")
)
"""Words of names that tell of terms, not of something done: ``delivery_date``, ``order_deadline``."""
_PAPER = re.compile(
    r"(?<!\w)(договор|сч[её]т|каталог|прайс|смет|накладн|квитанц|чек|акт|фото|видео|реквизит|ссылк|"
    r"предложени|contract|invoice|catalog|price list|quote|receipt|шарт|шот)"
)
_OF_A_PICTURE = re.compile(r"(?<!\w)(?:фото|картин|изображени|сним|сурет|picture|photo|image)")
_MANY = 10
_NOT_OURS = re.compile(
    r"(?:\bвы|\bкоторую|\bсами|\bвами|\bклиент\w*|\bсіз|\byou(?:\shave|'ve)?)\s(?:\w+\s){0,2}$"
    r"|(?:\bне|\bещ[её] не|\bни|\bесли|\bкогда|\bкак только|\bчтобы|\bпока не|"
    r"\bпосле того как|\bif|\bonce|\bwhen|\bnot|n't)\s(?:\w+\s){0,3}$"
)


def false_deeds(draft: str, known: Known) -> list[str]:
    """Sentences about something done that no row shows, as Russian complaints."""
    return [f"«{said}»: говорит о сделанном, а записи об этом нет." for said in _unshown(draft, known)]


def _unshown(draft: str, known: Known) -> Iterator[str]:
    for start, end in sentence_spans(draft):
        plain = normalise(draft[start:end])
        for hit in _DEED.finditer(plain):
            if (
                plain.rstrip().endswith("?")
                or _NOT_OURS.search(plain[: hit.start()])
                or _denied_after(plain, hit.end())
                or _tells_how_many(plain, hit.end())
            ):
                continue
            shows = _SHOWN_BY[int(str(hit.lastgroup)[1:])]
            if not any(_shows(row, shows) and not _other_paper(row, plain) for row in known.rows) and not _in_passage(
                hit.group(), known
            ):
                yield draft[start + hit.start() : start + hit.end()]


def _tells_how_many(plain: str, end: int) -> bool:
    """«Вам оформили больше трёхсот заказов» tells a count, and the count is proved like any other figure."""
    return any(
        figure.kind is FigureKind.NUMBER and figure.value >= _MANY and len(plain[end : end + figure.start].split()) <= 3
        for figure in figures(plain[end:])[:1]
    )


def _denied_after(plain: str, end: int) -> bool:
    return bool(re.match(r"\s(?:жоқ|емес)", plain[end:]))


def _shows(row: NamedFact, shows: frozenset[str]) -> bool:
    words = frozenset(row.name.lower().split("_"))
    return is_true(row) and bool(shows & words) and not words & _NO_DEED


def _other_paper(row: NamedFact, plain: str) -> bool:
    """The contract was not sent because the catalogue was, and nothing but a picture because a picture was."""
    if row.name == "pictured" and not _OF_A_PICTURE.search(plain):
        return True
    shown, said = set(_PAPER.findall(normalise(row.label))), set(_PAPER.findall(plain))
    return bool(shown and said) and not shown & said


def _in_passage(said: str, known: Known) -> bool:
    """The documents may tell of what was done («заказ оформлен — пришлём чек») in these very words."""
    return any(said in normalise(passage.text) for passage in known.passages)
