"""The search by ddgs. Its engines cannot be reached from a test: most tests put another class in the place of ``DDGS``,
which raises ddgs' own exceptions with the sentences it has for them; one lets ddgs itself read pages that are made up
by what its parsers look for."""

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import ddgs.engines.bing_images
import httpx
import pytest
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

from saudager.bootstrap import bootstrap
from saudager.errors import OutsideError, Rejected, Unreachable, UnrecognisedPayload
from saudager.providers.images import LARGEST
from saudager.providers.websearch import FoundPhoto, FoundText
from saudager.providers.websearch.ddgs import DdgsSearch
from tests.fakes.clocks import InstantClock

PUBLIC, OTHER = "93.184.215.14", "8.8.8.8"
LINK = "https://photos.example/camry.jpg"
JPEG, PNG, WEBP = b"\xff\xd8\xff\xe0 jpeg", b"\x89PNG\r\n\x1a\n png", b"RIFF\x10\x00\x00\x00WEBPVP8 "
Answer = Callable[[str], Any]


class Engines:
    """What stands in the place of ddgs: ``answer`` gives what is found for a query, or raises."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def text(self, query: str, **how: Any) -> Any:
        self.asked.append(("text", query, how))
        return self._answer(query)

    def images(self, query: str, **how: Any) -> Any:
        self.asked.append(("images", query, how))
        return self._answer(query)


def search(engines: Engines, **how: Any) -> DdgsSearch:
    return DdgsSearch(clock=InstantClock(), engines=lambda: engines, **how)


def raises(error: Exception) -> Answer:
    def answer(query: str) -> Any:
        raise error

    return answer


async def test_texts_and_photos_are_told_in_our_words() -> None:
    text = {"title": "Toyota", "href": "https://en.wikipedia.org/wiki/Toyota", "body": "Three ovals."}
    photo = {"title": "Camry", "image": LINK, "thumbnail": "", "url": "https://cars.example/", "source": ""}
    texts, photos = Engines(lambda query: [text]), Engines(lambda query: [photo | {"width": "1600", "height": "1067"}])
    assert await search(texts).texts("Toyota logo", most=5) == [FoundText("Toyota", text["href"], "Three ovals.")]
    assert await search(photos).photos("Toyota", most=5) == [FoundPhoto("Camry", LINK, photo["url"], 1600, 1067)]
    assert photos.asked == [("images", "Toyota", {"region": "ru-ru", "max_results": 5})]


@pytest.mark.parametrize("size", [{}, {"width": ""}, {"width": None}, {"width": "1.5k"}, {"width": "²"}, {"width": -3}])
async def test_a_photo_of_unknown_size_is_a_photo_still(size: dict[str, Any]) -> None:
    (found,) = await search(Engines(lambda query: [{"image": LINK, "height": 10, **size}])).photos("x", most=5)
    assert (found.width, found.height) == (0, 10)


async def test_no_results_mean_nothing_is_known() -> None:
    assert await search(Engines(raises(DDGSException("No results found.")))).texts("x", most=5) == []
    assert await search(Engines(lambda query: [])).photos("x", most=5) == []
    assert await search(Engines(lambda query: [{"title": "no address"}])).photos("x", most=5) == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DDGSException("DNSError: DNSError('no records found')"), Unreachable),
        (DDGSException(TimeoutError("x")), Unreachable),
        (TimeoutException("operation timed out"), Unreachable),
        (RatelimitException("202 Ratelimit"), Unreachable),
        (KeyError("results"), UnrecognisedPayload),
        (ValueError("Expecting value:\nline 1" + " x" * 500), UnrecognisedPayload),
    ],
)
async def test_every_fault_is_one_of_ours_in_a_short_line(error: Exception, kind: type[OutsideError]) -> None:
    with pytest.raises(kind) as raised:
        await search(Engines(raises(error))).photos("x", most=5)
    assert str(raised.value).startswith("ddgs: ")
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 250


@pytest.mark.parametrize("answer", [None, "text", {"a": 1}, [1], ["x"]])
async def test_an_answer_that_is_no_list_is_not_recognised(answer: Any) -> None:
    with pytest.raises(UnrecognisedPayload):
        await search(Engines(lambda query: answer)).photos("x", most=5)


async def test_a_search_that_hangs_is_given_up_and_so_is_the_next_while_it_hangs() -> None:
    let_go, asked = threading.Event(), list[str]()

    def answer(query: str) -> Any:
        asked.append(query)
        let_go.wait(30)
        return [{"image": LINK}]

    web = search(Engines(answer), answer_within=0.02)
    for query in ("first", "second"):
        with pytest.raises(Unreachable, match="no answer within"):
            await web.photos(query, most=5)
    assert asked == ["first"]  # never two at once, and what was given up is not asked later
    let_go.set()
    await web.close()


async def test_ddgs_itself_reads_an_engines_page_and_a_page_that_turns_us_away(monkeypatch: Any) -> None:
    """Its HTTP client is replaced; the pages are made by hand after its parser, not captured."""
    meta = {"t": "Camry", "murl": LINK, "turl": "https://t.example/1", "purl": "https://cars.example/"}
    page = (
        f"<div><div class='imgpt'><a class='iusc' m='{json.dumps(meta)}'></a>"
        "<div class='img_info'><span class='nowrap'>1600 × 1067 · jpeg</span></div></div>"
        "<div class='infopt'></div></div>"
    )
    statuses, asked = [200], list[str]()

    class Client:
        def __init__(self, **how: Any) -> None:
            assert how["timeout"] == 6

        def headers_update(self, headers: Any) -> None:
            pass

        def request(self, method: str, url: str, **how: Any) -> Any:
            asked.append(f"{method} {url}")

            class Response:
                status_code, content, text = statuses[0], page.encode(), page

            return Response()

    monkeypatch.setattr("ddgs.http_client.primp.Client", Client)
    engines = {"bing": ddgs.engines.bing_images.BingImages}
    monkeypatch.setitem(__import__("ddgs.ddgs", fromlist=["ENGINES"]).ENGINES, "images", engines)
    web = DdgsSearch(clock=InstantClock())
    assert await web.photos("Camry", most=5) == [FoundPhoto("Camry", LINK, "https://cars.example/", 1600, 1067)]
    statuses[0] = 403
    assert await web.photos("Camry", most=5) == []
    assert asked == ["GET https://www.bing.com/images/async"] * 2
    await web.close()


# the photos themselves


def door(*answers: httpx.Response | Exception, asked: list[httpx.Request] | None = None, **how: Any) -> DdgsSearch:
    """A search whose photos lie at a public address, unless ``addresses`` (one list a question) say otherwise."""
    left = list(answers)
    addresses: list[Sequence[str]] = how.pop("addresses", [[PUBLIC]])

    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses.pop(0) if len(addresses) > 1 else addresses[0]

    return DdgsSearch(clock=InstantClock(), transport=httpx.MockTransport(handle), resolve=resolve, **how)


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")])
async def test_a_photo_is_what_its_bytes_are_whatever_is_said_of_it(content: bytes, kind: str) -> None:
    photo = await door(httpx.Response(200, content=content, headers={"content-type": "text/html"})).fetch(LINK)
    assert (photo.content, photo.mime_type) == (content, kind)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"RIFF\x10\x00\x00\x00WAVE", b"MZ"],
)
async def test_what_is_no_photo_is_rejected_whatever_is_said_of_it(content: bytes) -> None:
    with pytest.raises(Rejected, match="no JPEG, PNG or WebP"):
        await door(httpx.Response(200, content=content, headers={"content-type": "image/jpeg"})).fetch(LINK)


async def test_a_photo_over_the_limit_is_rejected_before_it_is_read_to_the_end() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 1
            yield JPEG + bytes(2**20)

    with pytest.raises(Rejected, match="larger than 20 MB"):
        await door(httpx.Response(200, content=endless())).fetch(LINK)
    assert read <= LARGEST // 2**20 + 1


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",
     "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::10.1.2.3", "64:ff9b::a00:1", "2002:a00:1::",
     "::ffff:0:a00:1", "fec0::1", "fe80::1%eth0", "ff02::1", "224.0.0.1"],
)  # fmt: skip
async def test_no_photo_is_fetched_from_inside(address: str) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(Rejected, match="private network"):
        await door(httpx.Response(200, content=JPEG), asked=asked, addresses=[[address]]).fetch(LINK)
    assert asked == []


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    asked: list[httpx.Request] = []
    web = door(httpx.Response(200, content=JPEG), asked=asked, addresses=[[PUBLIC], ["127.0.0.1"]])
    await web.fetch(LINK)
    assert [(one.url.host, one.headers["host"]) for one in asked] == [(PUBLIC, "photos.example")]
    with pytest.raises(Rejected, match="private network"):
        await web.fetch(LINK)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "there", ["http://127.0.0.1/", "http://169.254.169.254/latest", "https://photos.example/2.jpg"]
)
async def test_a_redirect_of_a_photo_is_not_followed(there: str) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(Rejected):
        await door(httpx.Response(302, headers={"location": there}), asked=asked).fetch(LINK)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "link", ["http://photos.example/a.jpg", "ftp://photos.example/a.jpg", "file:///etc/passwd", "a", "//x"]
)
async def test_only_photos_over_https_are_fetched(link: str) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(Rejected):
        await door(httpx.Response(200, content=JPEG), asked=asked).fetch(link)
    assert asked == []


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 451])
async def test_a_photo_that_is_not_given_is_rejected_and_no_key_is_blamed(status: int) -> None:
    with pytest.raises(Rejected):
        await door(httpx.Response(status)).fetch(LINK)


@pytest.mark.parametrize("fault", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.Response(503)])
async def test_a_photo_that_does_not_come_is_a_fault_of_the_outside(fault: Any) -> None:
    with pytest.raises(Unreachable):
        await door(fault).fetch(LINK)


# who is asked


def test_who_is_asked_is_a_setting_and_off_is_nobody(settings: Any) -> None:
    for named, asked in (("ddgs", DdgsSearch), ("off", type(None))):
        app = bootstrap(settings(web_search=named), hosted=True, poll=None)
        assert isinstance(app.web_search, asked)
        assert bootstrap(settings(), hosted=False, poll=None).web_search is None
