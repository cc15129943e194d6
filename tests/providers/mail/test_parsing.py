"""A letter's bytes become what was written, whatever is broken in them."""

import base64
import random

import pytest

from saudager.providers.mail import Address, ReceivedLetter
from saudager.providers.mail.parsing import LARGEST, parse
from tests.providers.mail.written import NOW, bounce, letter, of_parts, part

pytestmark = pytest.mark.slow


def read(raw: bytes) -> ReceivedLetter:
    return parse(raw, received_at=NOW)


def test_a_letter_is_read_whole() -> None:
    got = read(letter(headers="In-Reply-To: <a@b>\nReferences: <r1@b>\n <a@b>\nCc: Chef <CHEF@Example.kz>\n"))
    assert (got.message_id, got.in_reply_to, got.references) == ("q1@example.kz", "a@b", ("r1@b", "a@b"))
    assert got.sender == Address("aigul@example.kz", "Айгуль")
    assert got.recipients == ("shop@example.kz", "chef@example.kz")
    assert (got.subject, got.text) == ("Окно", "Добрый день! Сколько стоит окно?")
    assert got.sent_at.isoformat() == "2026-11-20T06:30:00+00:00"
    assert got.not_answered is None and got.bounce_of is None


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?B?0KbQtdC90LA=?=", "Цена"),
        ("=?koi8-r?Q?=E3=C5=CE=C1?=", "Цена"),
        ("=?windows-1251?B?1uXt4A==?= =?windows-1251?B?7+7m?=", "Ценапож"),
        ("=?no-such-charset?B?0KbQtdC90LA=?=", "=?no-such-charset?B?0KbQtdC90LA=?="),
        ("=?utf-8?B?0KbQtdC90LA", "=?utf-8?B?0KbQtdC90LA"),
    ],
)
def test_subjects_are_decoded_as_far_as_they_can_be(written: str, subject: str) -> None:
    assert read(letter(subject=written)).subject == subject


def test_headers_in_bare_bytes_are_read_as_the_code_page_they_are_in() -> None:
    assert read(letter(subject="Цена окна").replace("Цена окна".encode(), "Цена окна".encode("cp1251"))).subject == (
        "Цена окна"
    )


@pytest.mark.parametrize("charset", ["cp1251", "koi8-r", "utf-16", "iso-8859-5"])
def test_bodies_are_read_in_their_charset(charset: str) -> None:
    raw = base64.encodebytes("Сәлем! Қанша?".replace("ә", "е").replace("Қ", "К").encode(charset))
    text = part(raw.decode(), f"text/plain; charset={charset}", headers="Content-Transfer-Encoding: base64\n")
    assert read(of_parts(text)).text == "Селем! Канша?"


def test_a_stray_byte_costs_a_letter_and_not_the_alphabet() -> None:
    raw = base64.encodebytes("Сколько стоит".encode() + b"\x80" + " окно?".encode())
    text = part(raw.decode(), "text/plain; charset=utf-8", headers="Content-Transfer-Encoding: base64\n")
    assert read(of_parts(text)).text == "Сколько стоит\ufffd окно?"


def test_a_wrong_or_unknown_charset_costs_no_words() -> None:
    assert read(letter(kind="text/plain; charset=us-ascii")).text == "Добрый день! Сколько стоит окно?"
    assert read(letter(kind="text/plain; charset=x-martian")).text == "Добрый день! Сколько стоит окно?"
    assert read(letter("Цена?".encode("cp1251"), kind="text/plain")).text == "Цена?"


def test_a_letter_without_an_id_gets_the_same_one_every_time() -> None:
    first, again, other = (read(letter(text, message_id=None)) for text in ("А", "А", "Б"))
    assert first.message_id == again.message_id != other.message_id
    assert first.message_id.endswith("@no-id")


@pytest.mark.parametrize(
    "date",
    [None, "вчера", "Fri, 99 Nov 2026 11:30:00 +0500", "Fri, 20 Nov 2099 11:30:00 +0500", "1 Jan 1970 00:00 +0000"],
)
def test_a_date_that_cannot_be_is_the_moment_of_arrival(date: str | None) -> None:
    assert read(letter(date=date)).sent_at == NOW


def test_an_answer_goes_where_its_writer_wants_it() -> None:
    got = read(letter(headers="Reply-To: Отдел закупок <Buy@Example.kz>\n"))
    assert got.sender == Address("buy@example.kz", "Отдел закупок")
    several = read(letter(headers="Reply-To: a@example.kz, b@example.kz\n"))
    assert several.sender.email == "aigul@example.kz"


@pytest.mark.parametrize("sender", ["", "undisclosed", "a b c <", '"<" <a@@b>', "=?utf-8?b?//8=?="])
def test_a_sender_that_is_no_address_is_nobody(sender: str) -> None:
    got = read(letter(sender=sender))
    assert (got.sender.email, got.not_answered) == ("", "robot")


def test_of_html_alone_the_words_are_read_and_what_is_hidden_is_not() -> None:
    html = (
        '<html><head><style>p{color:red}</style></head><body><div style="display:none">preheader</div>'
        "<p>Добрый&nbsp;день!</p><p>Нужно <b>два</b> окна:<ul><li>1200×1400<li>900×900</ul>"
        "<script>alert(1)</script>Спасибо<br>Айгуль<blockquote>20 нояб. вы писали</blockquote></body></html>"
    )
    assert read(letter(html, kind="text/html; charset=utf-8")).text == (
        "Добрый день!\n\nНужно два окна:\n\n– 1200×1400\n– 900×900\n\nСпасибо\nАйгуль\n\n> 20 нояб. вы писали"
    )


def test_html_all_of_which_claims_to_be_hidden_is_shown() -> None:
    assert read(letter('<div style="display:none">Почём окно?', kind="text/html")).text == "Почём окно?"


def test_the_plain_part_is_preferred_and_nested_parts_are_found() -> None:
    simple = "Content-Type: text/plain; charset=utf-8\n\nПросто"
    inner = f"--in\n{simple}\n--in\nContent-Type: text/html\n\n<b>Красиво</b>\n--in--"
    got = read(
        of_parts(
            part(inner, 'multipart/alternative; boundary="in"'),
            part("a,b", "text/csv", headers="Content-Disposition: attachment; filename=price.csv\n"),
        )
    )
    assert got.text == "Просто"
    assert [(file.name, file.data.strip()) for file in got.enclosures] == [("price.csv", b"a,b")]


def file_part(name: str, kind: str = "application/pdf", *, data: bytes = b"%PDF", more: str = "") -> str:
    headers = f'Content-Disposition: attachment; filename="{name}"\nContent-Transfer-Encoding: base64\n{more}'
    return part(base64.encodebytes(data).decode(), kind, headers=headers)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\docs\\Счёт.pdf", "Счёт.pdf"),
        ("a\u202efdp.pdf", "a_fdp.pdf"),
        ("=?utf-8?B?0KHRh9GR0YIucGRm?=", "Счёт.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("...", "file-1"),
    ],
)
def test_names_of_files_are_safe(written: str, kept: str) -> None:
    assert [file.name for file in read(of_parts(file_part(written))).enclosures] == [kept]


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("run.exe", "application/octet-stream", b"x"),
        ("run.pdf.js", "application/octet-stream", b"x"),
        ("run.exe. ", "application/octet-stream", b"x"),
        ("page.html", "text/html", b"x"),
        ("logo.svg", "image/svg+xml", b"x"),
        ("photo.jpg", "image/jpeg", b"MZ\x90"),
        ("empty.pdf", "application/pdf", b""),
        ("huge.pdf", "application/pdf", b"x" * (15 * 1024 * 1024 + 1)),
    ],
)
def test_what_runs_is_empty_or_huge_is_not_kept(name: str, kind: str, data: bytes) -> None:
    got = read(
        of_parts(part("Смотрите", "text/plain; charset=utf-8"), file_part(name, kind, data=data), file_part("ok.pdf"))
    )
    assert [file.name for file in got.enclosures] == ["ok.pdf"]
    assert got.text == "Смотрите"


def test_twenty_files_are_kept_and_no_more() -> None:
    got = read(of_parts(*(file_part(f"{n}.pdf") for n in range(30))))
    assert [file.name for file in got.enclosures] == [f"{n}.pdf" for n in range(20)]


def test_a_logo_in_the_signature_is_no_file_and_a_photograph_is() -> None:
    logo = file_part("logo.png", "image/png", data=b"\x89PNG", more="Content-ID: <logo@x>\n")
    photo = file_part("photo.jpg", "image/jpeg", data=b"\xff\xd8" + b"x" * 20_000, more="Content-ID: <p@x>\n")
    got = read(of_parts(logo, photo))
    assert [(file.name, file.content_id) for file in got.enclosures] == [("photo.jpg", "p@x")]


def test_outlook_bundles_and_encrypted_letters_stay_files() -> None:
    got = read(
        of_parts(file_part("winmail.dat", "application/ms-tnef"), file_part("smime.p7m", "application/pkcs7-mime"))
    )
    assert [file.name for file in got.enclosures] == ["winmail.dat", "smime.p7m"]
    assert got.text == ""


def test_a_letter_inside_a_letter_is_one_file() -> None:
    inside = letter("Внутри", sender="x@y.kz").decode().replace("\r\n", "\n")
    got = read(of_parts(part("Пересылаю", "text/plain; charset=utf-8"), part(inside, "message/rfc822")))
    assert got.text == "Пересылаю"
    assert [(file.name, "Внутри".encode() in file.data) for file in got.enclosures] == [("letter.eml", True)]


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ("Auto-Submitted: auto-replied\n", "auto_submitted"),
        ("Auto-Submitted: auto-generated; owner=x\n", "auto_submitted"),
        ("Auto-Submitted: no\n", None),
        ("X-Autoreply: yes\n", "auto_submitted"),
        ("Return-Path: <>\n", "bounce"),
        ("Return-Path: <aigul@example.kz>\n", None),
        ("List-Id: News <news.example.kz>\n", "list"),
        ("List-Unsubscribe: <https://example.kz/u>\n", "list"),
        ("Precedence: bulk\n", "bulk"),
        ("Precedence: Junk\n", "bulk"),
        ("Precedence: first-class\n", None),
        ("X-Auto-Response-Suppress: All\n", None),
        ("X-Failed-Recipients: nobody@example.org\n", "bounce"),
    ],
)
def test_headers_say_which_letters_no_machine_answers(headers: str, why: str | None) -> None:
    assert read(letter(headers=headers)).not_answered == why


@pytest.mark.parametrize(
    "name",
    ["MAILER-DAEMON", "postmaster", "no-reply", "noreply", "donotreply", "No_Reply", "bounces+123", "noreply-kaspi"],
)
def test_nobody_reads_what_is_answered_to_such_an_address(name: str) -> None:
    assert read(letter(sender=f"Robot <{name}@example.kz>")).not_answered == "robot"


@pytest.mark.parametrize("name", ["replyanna", "info", "nora", "postman", "a.no"])
def test_people_have_odd_addresses_too(name: str) -> None:
    assert read(letter(sender=f"{name}@example.kz")).not_answered is None


@pytest.mark.parametrize(
    "subject", ["Automatic reply: Окно", "Автоответ: Re: Окно", "Out of Office", "Автоматический ответ: Окно"]
)
def test_a_note_that_its_reader_is_away_is_no_answer(subject: str) -> None:
    assert read(letter(subject=subject)).not_answered == "auto_submitted"


@pytest.mark.parametrize(
    ("status", "says", "for_good"),
    [
        ("5.1.1", "550 5.1.1 No such user", True),
        ("4.4.7", "421 4.4.7 expired", False),
        ("5.2.2", "552 5.2.2 full", True),
    ],
)
def test_a_bounce_names_its_letter_and_whether_it_is_for_good(status: str, says: str, for_good: bool) -> None:
    got = read(bounce(status=status, says=says))
    assert (got.bounce_of, got.bounce_reason, got.bounced_for_good) == ("ours-1@example.kz", says, for_good)
    assert got.not_answered == "bounce"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_other_notes_about_a_letter_are_no_bounce(action: str) -> None:
    got = read(bounce(action=action, status="4.0.0"))
    assert (got.bounce_of, got.not_answered) == (None, "bounce")


def test_a_bounce_in_its_own_words_is_understood_by_the_header_that_names_who_got_nothing() -> None:
    body = (
        "A message could not be delivered:\n  550 5.1.1 unknown user\n\n--- copy ---\nMessage-ID: <ours-2@example.kz>\n"
    )
    got = read(
        letter(
            body, headers="X-Failed-Recipients: nobody@example.org\n", sender="Mail Delivery System <mailer-daemon@mx>"
        )
    )
    assert (got.bounce_of, got.bounce_reason, got.bounced_for_good) == (
        "ours-2@example.kz",
        "550 5.1.1 unknown user",
        True,
    )


def test_a_customer_who_quotes_a_message_id_bounces_nothing() -> None:
    assert read(letter("550 5.1.1\nMessage-ID: <ours-2@example.kz>")).bounce_of is None


def test_more_than_a_hundred_headers_are_not_read() -> None:
    many = "".join(f"X-{n}: y\n" for n in range(5000))
    assert read(letter(headers=many + "Auto-Submitted: auto-replied\n")).not_answered is None
    assert read(letter(headers=many)).text == "Добрый день! Сколько стоит окно?"


def test_a_letter_longer_than_is_read_loses_the_file_it_is_cut_in() -> None:
    text = part("Вот фото", "text/plain; charset=utf-8")
    got = read(of_parts(text, file_part("a.pdf"), file_part("b.bin", "application/octet-stream", data=b"x" * LARGEST)))
    assert (got.text, [file.name for file in got.enclosures]) == ("Вот фото", ["a.pdf"])


def test_nesting_without_end_ends() -> None:
    deep = part("Дно", "text/plain; charset=utf-8")
    for level in range(60):
        deep = part(f"--l{level}\n{deep}\n--l{level}--\n", f'multipart/mixed; boundary="l{level}"')
    assert read(of_parts(deep)).message_id == "q1@example.kz"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"\x00\xff\xfe",
        b"From x\nSubject",
        b"Content-Type: multipart/mixed\n\n--\n",
        b":\n:\n",
        b"Content-Transfer-Encoding: base64\n\n####",
    ],
)
def test_what_is_no_letter_at_all_breaks_nothing(raw: bytes) -> None:
    assert read(raw).not_answered == "robot"


def test_torn_letters_are_still_letters() -> None:
    chance = random.Random(7)
    wholes = [letter(), bounce(), of_parts(part("Да", "text/plain"), file_part("a.pdf"), kind="related")]
    for _ in range(300):
        raw = bytearray(chance.choice(wholes))
        for _ in range(chance.randrange(1, 12)):
            place = chance.randrange(len(raw))
            raw[place : place + chance.randrange(3)] = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
        got = read(bytes(raw))
        assert got.message_id and got.sent_at <= NOW and "\x00" not in got.text + got.subject
        assert "не удалось прочитать" not in got.text
