"""Of a letter that answers ours only its writer's own words are kept, whichever mail program wrote it."""

import pytest

from saudager.gateway.quotes import own_words

OURS = "Здравствуйте! Окно 1200×1400 стоит 94 500 ₸.\n\nТёплый Дом"
MARKED = "\n".join(f"> {line}" for line in OURS.split("\n"))
WANTED = "Беру два. Когда замер?"

LETTERS = {
    "gmail_ru": f"{WANTED}\n\nпт, 20 нояб. 2026 г. в 11:30, Тёплый Дом <shop@example.kz>:\n\n{MARKED}\n",
    "gmail_ru_broken": (
        f"{WANTED}\n\nпт, 20 нояб. 2026 г. в 11:30, Тёплый Дом, отдел продаж <\nshop@example.kz>:\n\n{MARKED}\n"
    ),
    "gmail_en": f"{WANTED}\n\nOn Fri, Nov 20, 2026 at 11:30 AM Warm House <shop@example.kz> wrote:\n\n{MARKED}",
    "gmail_en_broken": f"{WANTED}\n\nOn Fri, Nov 20, 2026 at 11:30 AM Warm House\n<shop@example.kz> wrote:\n\n{MARKED}",
    "gmail_kk": f"{WANTED}\n\n2026 ж. 20 қар., жм 11:30, Тёплый Дом <shop@example.kz> мынаны жазды:\n\n{MARKED}",
    "gmail_html": f"{WANTED}\n\nпт, 20 нояб. 2026 г. в 11:30, Тёплый Дом <shop@example.kz>:\n\n{OURS}",
    "yandex": f'{WANTED}\n\n20.11.2026, 11:30, "Тёплый Дом" <shop@example.kz>:\n{MARKED}',
    "yandex_writes": f"{WANTED}\n\n20 ноября 2026, 11:30, Тёплый Дом пишет:\n\n{OURS}",
    "yandex_mobile": (
        f"{WANTED}\n\n-- \nОтправлено из мобильного приложения Яндекс Почты\n\n\n"
        f"20.11.2026, 11:30, Тёплый Дом <shop@example.kz>:\n{OURS}"
    ),
    "mail_ru": f"{WANTED}\n\n\n>Пятница, 20 ноября 2026, 11:30 +05:00 от Тёплый Дом <shop@example.kz>:\n>\n{MARKED}",
    "mail_ru_bare": f"{WANTED}\n\nПятница, 20 ноября 2026, 11:30 +05:00 от Тёплый Дом <shop@example.kz>:\n\n{OURS}",
    "mail_ru_mobile": (
        f"{WANTED}\n--\nОтправлено из Mail.ru для Android\n"
        f"пятница, 20 ноября 2026г., 11:30 +05:00 от Тёплый Дом shop@example.kz:\n{MARKED}"
    ),
    "apple_ru": (
        f"{WANTED}\n\nОтправлено с iPhone\n\n"
        f"> 20 нояб. 2026 г., в 11:30, Тёплый Дом <shop@example.kz> написал(а):\n> \n{MARKED}"
    ),
    "apple_en": (
        f"{WANTED}\n\nSent from my iPhone\n\n> On 20 Nov 2026, at 11:30, Warm House <shop@example.kz> wrote:\n"
        f"> \n{MARKED}"
    ),
    "apple_kk": (
        f"{WANTED}\n\niPhone құрылғысынан жіберілді\n\n"
        f"> 2026 ж. 20 қар., сағат 11:30, Тёплый Дом <shop@example.kz> жазды:\n{MARKED}"
    ),
    "outlook_ru": (
        f"{WANTED}\n\nС уважением,\nАйгуль Сериковна\nТОО «Ромашка»\n\n________________________________\n"
        "От: Тёплый Дом <shop@example.kz>\nОтправлено: 20 ноября 2026 г. 11:30\n"
        f"Кому: Айгуль <aigul@example.kz>\nТема: Окно\n\n{OURS}"
    ),
    "outlook_en": (
        f"{WANTED}\n\nBest regards,\nAigul\n\nFrom: Warm House <shop@example.kz>\n"
        f"Sent: Friday, November 20, 2026 11:30 AM\nTo: Aigul\nSubject: Window\n\n{OURS}"
    ),
    "outlook_stars": (
        f"{WANTED}\n\n*From:* Warm House <shop@example.kz>\n*Sent:* Friday, November 20, 2026 11:30 AM\n"
        f"*To:* Aigul\n*Subject:* Window\n\n{OURS}"
    ),
    "outlook_kk": (
        f"{WANTED}\n\nҚұрметпен,\nАйгүл\n\nКімнен: Тёплый Дом <shop@example.kz>\n"
        f"Жіберілді: 2026 ж. 20 қараша\nКімге: Айгүл\nТақырып: Терезе\n\n{OURS}"
    ),
    "outlook_old": f"{WANTED}\n\n-----Original Message-----\nFrom: Warm House\nSent: Friday\nTo: Aigul\n\n{OURS}",
    "outlook_old_ru": f"{WANTED}\n\n-----Исходное сообщение-----\nОт: Тёплый Дом\n{OURS}",
    "outlook_app": (
        f"{WANTED}\n\nПолучить Outlook для Android\n________________________________\n"
        "From: Warm House <shop@example.kz>\nSent: Friday, November 20, 2026 11:30:00 AM\nTo: Aigul\n"
        f"Subject: Re: Window\n\n{OURS}"
    ),
    "thunderbird_ru": f"{WANTED}\n\n20.11.2026 11:30, Тёплый Дом пишет:\n{MARKED}",
    "thunderbird_en": f"{WANTED}\n\nOn 20/11/2026 11:30, Warm House wrote:\n{MARKED}",
    "under_the_quote": f"20.11.2026 11:30, Тёплый Дом пишет:\n{MARKED}\n\n{WANTED}\n",
    "quote_only_marked": f"{MARKED}\n\n{WANTED}",
    "dashes": f"{WANTED}\n\n-- \nАйгуль\n+7 701 000 00 00",
    "closing_kk": f"{WANTED}\n\nІзгі ниетпен, Айгүл",
    "closing_en": f"{WANTED}\n\nKind regards\nAigul Serikova\nPurchasing",
    "closing_one_line": f"{WANTED}\nС уважением, Айгуль",
    "nothing_to_cut": WANTED,
    "windows_line_ends": f"{WANTED}\r\n\r\n20.11.2026 11:30, Тёплый Дом пишет:\r\n> Привет",
}


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS.keys())
def test_only_what_is_new_is_kept(letter: str) -> None:
    assert own_words(letter) == WANTED


@pytest.mark.parametrize(
    "letter",
    [
        "Нужно:\n- окно 1200×1400\n- дверь 900×2100\n- подоконник\n\nСколько выйдет?",
        "От: 20 штук\nдо 30 штук нужно, какая цена?",
        "Мой муж пишет:\nвозьми два окна. Есть в наличии?",
        "Встреча в 2026 году, адрес такой:\nАбая 10",
        "С уважением отношусь к вашей работе, но почему так дорого? Пересчитайте, пожалуйста.",
        (
            "---------- Forwarded message ---------\nFrom: Завод <z@example.kz>\nDate: пт, 20 нояб. 2026 г.\n"
            "Subject: Прайс\n\nСтекло 5 мм"
        ),
        "С уважением,\nа теперь к делу: сколько стоит окно?",
        "On Monday we decide. Price?",
        "Спасибо, подходит.\n--Айгуль",
    ],
)
def test_what_only_looks_like_a_quote_or_signature_stays(letter: str) -> None:
    assert own_words(letter) == letter


@pytest.mark.parametrize(
    "letter",
    [
        "С уважением,\nАйгуль",
        "--\nАйгуль",
        MARKED,
        "",
        "On 20/11/2026 11:30, Warm House wrote:\n" + MARKED,
        "Отправлено с iPhone",
    ],
)
def test_a_letter_is_never_cut_to_nothing(letter: str) -> None:
    assert own_words(letter) == letter.strip()


def test_answers_between_the_lines_of_a_quote_are_kept_together() -> None:
    letter = "20.11.2026 11:30, Тёплый Дом пишет:\n> Сколько окон?\nДва\n> Какой город?\nАстана\n"
    assert own_words(letter) == "Два\nАстана"


@pytest.mark.parametrize(
    "line",
    [
        "> " * 3000,
        "On " * 3000,
        "20.11.2026 11:30 a@b, " * 500,
        "-" * 9000,
        "От: x\n" * 3000,
        "С уважением\n" * 3000,
        "a@" * 4000 + ":",
    ],
)
def test_a_letter_made_to_take_long_is_read_to_its_end(line: str) -> None:
    letter = "\n".join([line] * 20)[:200_000]
    assert own_words(f"Беру два окна.\n\n{letter}").startswith("Беру два окна.")
