"""A letter as bytes is read by any mail program as it was written, and nothing in it becomes a header of its own."""

import email
import email.policy
import random
import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

import pytest

from saudager.errors import Rejected
from saudager.providers.mail import Address, Enclosure, Letter
from saudager.providers.mail.mime import to_bytes
from tests.providers.mail.letters import CHART, NOW, PRICE_LIST, letter

LETTERS = "абвгдежзийӘәҒғҚқҢңӨөҰұҮүһabcXYZ 0123456789 .,;:!?\"'()<>@[]\\=_-€₸🎁"
KEPT_WHOLE = ("List-Unsubscribe", "References", "In-Reply-To", "Message-ID")


def read(written: bytes) -> EmailMessage:
    return email.message_from_bytes(written, policy=email.policy.default)  # type: ignore[return-value]


def legacy(written: bytes, header: str) -> str:
    """The header by the old parser, its line breaks taken out as RFC 5322 (2.2.3) says: what other programs do."""
    return re.sub(r"\r?\n(?=[ \t])", "", str(email.message_from_bytes(written)[header]))


def named(written: bytes, header: str) -> tuple[str, str]:
    """Name and address. (The new parser puts a blank between two encoded words of a name.)"""
    name, address = parseaddr(legacy(written, header))
    return str(make_header(decode_header(name))), address


def test_text_html_and_picture_lie_in_the_parts_a_mail_program_looks_for():
    message = read(to_bytes(letter(enclosures=(CHART, PRICE_LIST)), NOW))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    *_, picture, file = message.walk()
    assert picture["content-id"] == "<chart.png>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_payload(decode=True) == CHART.data
    assert file.get_filename() == PRICE_LIST.name
    assert file.get_payload(decode=True) == PRICE_LIST.data
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == letter().text
    assert message.get_body(("html",)).get_content().strip() == letter().html


def test_a_letter_without_html_is_plain_text():
    message = read(to_bytes(letter(html=None, enclosures=()), NOW))
    assert message.get_content_type() == "text/plain"


def test_what_an_automatic_letter_says_of_itself_a_persons_does_not():
    automatic, persons = (read(to_bytes(letter(automatic=kind), NOW)) for kind in ("auto-replied", None))
    assert (automatic["auto-submitted"], automatic["x-auto-response-suppress"]) == ("auto-replied", "OOF, AutoReply")
    assert (persons["auto-submitted"], persons["x-auto-response-suppress"]) == (None, None)


def test_the_headers_are_those_of_the_letter():
    message = read(written := to_bytes(letter(), NOW))
    assert message["subject"] == "Ваши закупки за год"
    assert [(one.display_name, one.addr_spec) for one in message["from"].addresses] == [
        ("Тёплый Дом, ТОО", "sales@shop.kz")
    ]
    assert [(one.display_name, one.addr_spec) for one in message["to"].addresses] == [("Иван Петров", "ivan@client.kz")]
    assert parsedate_to_datetime(message["date"]) == NOW
    assert legacy(written, "Message-ID") == "<0c4f@shop.kz>"
    assert legacy(written, "In-Reply-To") == "<question@client.kz>"
    assert legacy(written, "References") == "<first@client.kz> <question@client.kz>"
    assert legacy(written, "List-Unsubscribe") == "<https://shop.kz/u/abc>"
    assert legacy(written, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"


def test_a_long_address_to_unsubscribe_at_and_forty_references_come_through_whole():
    address = f"https://shop.kz/unsubscribe/{'t' * 870}?a=1&b=2"
    references = tuple(f"{number:03}-{'x' * 60}@mail.gmail.example.com" for number in range(40))
    long = letter(
        unsubscribe=address, references=references, in_reply_to=references[-1], message_id=f"{'m' * 200}@shop.kz"
    )
    written = to_bytes(long, NOW)
    assert max(map(len, written.split(b"\r\n"))) <= 998
    assert legacy(written, "List-Unsubscribe") == f"<{address}>"
    assert legacy(written, "References").split() == [f"<{id}>" for id in references]
    assert legacy(written, "In-Reply-To") == f"<{references[-1]}>"
    assert legacy(written, "Message-ID") == f"<{'m' * 200}@shop.kz>"
    assert read(written)["list-unsubscribe"].strip() == f"<{address}>"


@pytest.mark.parametrize("seed", range(40))
def test_any_words_come_through_whatever_their_letters_and_length(seed):
    dice = random.Random(seed)

    def words(longest: int) -> str:
        return "".join(dice.choices(LETTERS, k=dice.randrange(1, longest))).strip() or "я"

    files = (
        Enclosure(words(120), "application/octet-stream", dice.randbytes(dice.randrange(200))),
        Enclosure(words(20), "image/png", dice.randbytes(100), content_id=f"c{seed}"),
    )
    any_letter = letter(
        subject=words(400),
        sender=Address("sales@shop.kz", words(60)),
        recipient=Address("ivan@client.kz", words(60)),
        text="\n".join(words(2000) for _ in range(5)),
        html=f"<p>{words(5000)}</p>",
        references=tuple(f"{dice.randbytes(dice.randrange(1, 90)).hex()}@x.kz" for _ in range(dice.randrange(45))),
        unsubscribe=f"https://shop.kz/{dice.randbytes(dice.randrange(1, 450)).hex()}",
        enclosures=files,
    )
    written = to_bytes(any_letter, NOW)
    assert written.isascii()
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert b"\r" not in written.replace(b"\r\n", b"")
    assert max(map(len, written.split(b"\r\n"))) <= 998
    encoded_words = re.findall(rb"=\?utf-8\?b\?[^?]*\?=", written)
    assert all(len(word) <= 75 for word in encoded_words)
    message = read(written)
    assert message["subject"] == any_letter.subject
    assert named(written, "From") == (any_letter.sender.name, "sales@shop.kz")
    assert named(written, "To") == (any_letter.recipient.name, "ivan@client.kz")
    assert legacy(written, "References").split() == [f"<{id}>" for id in any_letter.references] or (
        not any_letter.references and message["references"] is None
    )
    assert legacy(written, "List-Unsubscribe") == f"<{any_letter.unsubscribe}>"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n") == any_letter.text
    assert message.get_body(("html",)).get_content().rstrip() == any_letter.html
    parts = {part.get_filename(): part.get_payload(decode=True) for part in message.walk() if part.get_filename()}
    assert parts == {file.name: file.data for file in files}


INJECTED = [
    {"subject": "Привет\r\nBcc: all@client.kz"},
    {"subject": "Привет\nBcc: all@client.kz"},
    {"subject": "Привет\x00"},
    {"subject": "Привет\x85Bcc: all@client.kz"},
    {"subject": "Привет\u2028Bcc: all@client.kz"},
    {"sender": Address("sales@shop.kz", "Дом\r\nBcc: all@client.kz")},
    {"sender": Address("sales@shop.kz\r\nBcc: all@client.kz")},
    {"recipient": Address("ivan@client.kz", "Иван\nX: y")},
    {"recipient": Address("ivan@client.kz, all@client.kz")},
    {"recipient": Address("ivan@client.kz> SIZE=1")},
    {"recipient": Address("ivan")},
    {"recipient": Address("")},
    {"message_id": "a@b\r\nX: y"},
    {"message_id": "a> <b@c"},
    {"in_reply_to": "a b@c"},
    {"references": ("fine@x.kz", "bad\n@x.kz")},
    {"references": ("a" * 999 + "@x.kz",)},
    {"unsubscribe": "https://shop.kz/u>, <mailto:all@client.kz"},
    {"unsubscribe": "https://shop.kz/u\r\nX: y"},
    {"unsubscribe": "javascript:alert(1)"},
    {"automatic": "auto-replied\r\nX: y"},
    {"enclosures": (Enclosure("a\r\nX: y.png", "image/png", b""),)},
    {"enclosures": (Enclosure("a.png", "image/png\r\nX: y", b""),)},
    {"enclosures": (Enclosure("a.png", "image/png", b"", content_id="a>\r\nX: y"),)},
]


@pytest.mark.parametrize("changed", INJECTED)
def test_nothing_in_a_letter_becomes_a_header_of_its_own(changed):
    with pytest.raises(Rejected):
        to_bytes(letter(**changed), NOW)


def test_a_domain_of_other_letters_is_written_as_mail_servers_know_it_and_a_name_of_them_is_refused():
    there: Letter = letter(recipient=Address("ivan@почта.рф"))
    assert b"To: ivan@xn--80a1acny.xn--p1ai\r\n" in to_bytes(there, NOW)
    with pytest.raises(Rejected):
        to_bytes(letter(recipient=Address("иван@почта.рф")), NOW)
