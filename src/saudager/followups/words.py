"""What a touch says when no model writes it: five different lines in each language, and none of them names a figure."""

from saudager.languages import Language

_TOUCHES: dict[Language, tuple[str, ...]] = {
    "ru": (
        "Здравствуйте! Вы недавно интересовались у нас — хотите продолжить? Помогу подобрать вариант и отвечу на "
        "вопросы.",
        "Добрый день! Если помогу сравнить варианты под вашу задачу, выбирать станет проще. Рассказать, чем они "
        "отличаются?",
        "Здравствуйте! Можем просто созвониться и спокойно всё обсудить. Вам так было бы удобно?",
        "Добрый день! Подскажите, пожалуйста, актуален ли ещё ваш вопрос?",
        "Здравствуйте! Больше не буду отвлекать. Если решите вернуться к этому, напишите в любое время — "
        "обязательно поможем.",
    ),
    "kk": (
        "Сәлеметсіз бе! Жақында бізге жазған едіңіз — жалғастырғыңыз келе ме? Нұсқа таңдауға көмектесіп, "
        "сұрақтарыңызға жауап беремін.",
        "Қайырлы күн! Сізге қай нұсқа ыңғайлы екенін салыстырып берсем, таңдау оңай болады. Айырмашылығын айтайын ба?",
        "Сәлеметсіз бе! Қоңырау арқылы бәрін асықпай талқылай аламыз. Сізге осылай ыңғайлы ма?",
        "Қайырлы күн! Айтыңызшы, сұрағыңыз әлі өзекті ме?",
        "Сәлеметсіз бе! Енді мазаламаймын. Қайта ойлансаңыз, кез келген уақытта жазыңыз — міндетті түрде көмектесеміз.",
    ),
    "en": (
        "Hello! You asked us about something recently. Would you like to go on? I can help you choose and answer "
        "questions.",
        "Good day! Comparing the options for what you need usually makes the choice easier. Shall I explain how they "
        "differ?",
        "Hello! We could simply have a call and talk it over calmly. Would that suit you?",
        "Good day! Could you tell me whether your question is still relevant?",
        "Hello! I will not bother you any more. Should you come back to this, write at any time and we will help.",
    ),
}


def touch_in_words(touch: int, language: Language) -> str:
    """The line of touch 1 to 5."""
    return _TOUCHES[language][touch - 1]
