"""What a touch says when no model writes it: lines for each of the five, and none of them names a figure."""

from saudager.languages import Language

_TOUCHES: dict[Language, tuple[tuple[str, str], ...]] = {
    "ru": (
        (
            "Здравствуйте! Вы недавно интересовались у нас — хотите продолжить? Помогу подобрать вариант и отвечу на "
            "вопросы.",
            "Добрый день! Мы остановились на полпути. Вернёмся к вашему выбору?",
        ),
        (
            "Добрый день! Если помогу сравнить варианты под вашу задачу, выбирать станет проще. Рассказать, чем они "
            "отличаются?",
            "Здравствуйте! Чаще всего сомневаются в мелочах, а решают их быстро. Подсказать, на что смотреть?",
        ),
        (
            "Здравствуйте! Можем просто созвониться и спокойно всё обсудить. Вам так было бы удобно?",
            "Добрый день! Могу пригласить коллегу на короткий созвон, он ответит на всё сразу. Договоримся?",
        ),
        (
            "Добрый день! Подскажите, пожалуйста, актуален ли ещё ваш вопрос?",
            "Здравствуйте! Вам ещё нужна наша помощь?",
        ),
        (
            "Здравствуйте! Больше не буду отвлекать. Если решите вернуться к этому, напишите в любое время — "
            "обязательно поможем.",
            "Добрый день! На этом прощаюсь, спасибо за интерес. Понадобимся — мы всегда на связи.",
        ),
    ),
    "kk": (
        (
            "Сәлеметсіз бе! Жақында бізге жазған едіңіз — жалғастырғыңыз келе ме? Нұсқа таңдауға көмектесіп, "
            "сұрақтарыңызға жауап беремін.",
            "Қайырлы күн! Әңгімеміз орта жолда қалды. Таңдауыңызға қайта оралайық па?",
        ),
        (
            "Қайырлы күн! Сізге қай нұсқа ыңғайлы екенін салыстырып берсем, таңдау оңай болады. Айырмашылығын "
            "айтайын ба?",
            "Сәлеметсіз бе! Көбіне ұсақ-түйек ойландырады, ал ол тез шешіледі. Неге қарау керегін айтып берейін бе?",
        ),
        (
            "Сәлеметсіз бе! Қоңырау арқылы бәрін асықпай талқылай аламыз. Сізге осылай ыңғайлы ма?",
            "Қайырлы күн! Әріптесімнен қысқа қоңырау шалуды сұрай аламын, бәріне бірден жауап береді. Келісеміз бе?",
        ),
        (
            "Қайырлы күн! Айтыңызшы, сұрағыңыз әлі өзекті ме?",
            "Сәлеметсіз бе! Біздің көмегіміз сізге әлі керек пе?",
        ),
        (
            "Сәлеметсіз бе! Енді мазаламаймын. Қайта ойлансаңыз, кез келген уақытта жазыңыз — міндетті түрде "
            "көмектесеміз.",
            "Қайырлы күн! Осымен қоштасамын, қызығушылығыңызға рақмет. Керек болсақ, әрқашан байланыстамыз.",
        ),
    ),
    "en": (
        (
            "Hello! You asked us about something recently. Would you like to go on? I can help you choose and answer "
            "questions.",
            "Good day! We stopped halfway. Shall we come back to your choice?",
        ),
        (
            "Good day! Comparing the options for what you need usually makes the choice easier. Shall I explain how "
            "they differ?",
            "Hello! It is mostly small things people hesitate over. Shall I tell you what to look at?",
        ),
        (
            "Hello! We could simply have a call and talk it over calmly. Would that suit you?",
            "Good day! A colleague of mine can answer everything in one short call. Shall we arrange it?",
        ),
        (
            "Good day! Could you tell me whether your question is still relevant?",
            "Hello! Do you still need our help?",
        ),
        (
            "Hello! I will not bother you any more. Should you come back to this, write at any time and we will help.",
            "Good day! I say goodbye here, thank you for your interest. We are always there when you need us.",
        ),
    ),
}


def touches(touch: int, language: Language) -> tuple[str, str]:
    """The lines of touch 1 to 5, the one to try first in front."""
    return _TOUCHES[language][touch - 1]
