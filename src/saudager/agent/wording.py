"""How a shop owner is told what a turn did: why it was silent, what it wanted done, what went wrong with a model."""

from saudager.providers.llm import FaultKind

FAULTS: dict[str, str] = {
    FaultKind.RATE_LIMIT: "слишком много запросов",
    FaultKind.QUOTA: "лимит или деньги кончились",
    FaultKind.AUTH: "ключ не подошёл",
    FaultKind.CONTEXT: "запрос слишком длинный",
    FaultKind.TIMEOUT: "не ответила вовремя",
    FaultKind.CONNECT: "нет связи",
    FaultKind.SERVER: "сбой у поставщика",
    FaultKind.BAD_OUTPUT: "ответ не читается",
    FaultKind.TRUNCATED: "ответ оборван",
}
DEEDS: dict[str, str] = {
    "offer_slots": "Предложить время",
    "book": "Записать",
    "reschedule": "Перенести запись",
    "hand_over": "Позвать человека",
    "send_picture": "Отправить картинку",
    "cancel": "Отменить звонок",
    "stop_offers": "Больше не предлагать",
    "note_interest": "Отметить интерес",
}
SILENCES: dict[str, str] = {
    "not_a_client": "это не клиент, отвечать не нужно",
    "unclear_contact": "непонятно, клиент ли это: решит человек",
    "too_late": "сообщение слишком старое, чтобы отвечать без человека",
    "person_spoke": "ответил человек",
    "deleted": "сообщение удалено",
    "waits_for_more": "сообщений ещё мало, чтобы понять, клиент ли это",
    "nothing_to_say": "на благодарность уже ответили",
    "repeats_itself": "пишут одно и то же, посмотрит человек",
    "letters_by_hand": "на письма отвечает человек",
    "letters_too_often": "слишком много ответов этому адресу подряд, посмотрит человек",
    "wish_noted_before": "это пожелание уже отмечено",
    "draft_waiting": "ответ написан и ждёт проверки человеком",
    "draft_overtaken": "клиент написал ещё, и ответ написан заново",
    "draft_rejected": "человек отклонил ответ",
}
