"""The attacks on the console, on what it mails and on what it fetches, each tried; docs/security.md lists them."""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.console.door import COOKIE
from saudager.console.guests import _sender
from saudager.errors import Rejected
from saudager.operators import accounts, passwords
from saudager.operators.models import Operator, OperatorSession
from saudager.operators.roles import Role
from saudager.providers.http_client import HttpClient
from saudager.rehearsal import Shop
from tests.conftest import OpenShop
from tests.console.conftest import OpenConsole
from tests.console.door import PASSWORD
from tests.operators.postal_shop import AIGUL, CHOSEN, PostalShop, link_in, parts

pytestmark = pytest.mark.slow

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"
OPEN = {
    "/console/sign-in",
    "/console/second-factor",
    "/console/welcome/{secret}",
    "/console/forgotten",
    "/console",
    "/console/",
}
"""What may be asked without a session."""
A_VIEWERS_OWN = {
    "/console/profile",
    "/console/profile/password",
    "/console/profile/address",
    "/console/profile/address/remove",
    "/console/profile/troubles",
    "/console/confirm-address/{secret}",
    "/console/profile/second-factor",
    "/console/profile/second-factor/off",
    "/console/profile/second-factor/codes",
    "/console/profile/sessions/end",
    "/console/profile/sessions/{session_id}/end",
    "/console/sign-out",
}
"""What the least of roles may change."""
OWNERS_AREAS = ("/console/operators", "/console/keys", "/console/settings", "/console/audit")


@pytest.fixture
async def post(open_shop: OpenShop) -> AsyncIterator[PostalShop]:
    async with AsyncExitStack() as stack:
        yield await PostalShop.opened(open_shop, stack)


def _routes(site: FastAPI) -> Iterator[tuple[str, str, RouteContext]]:
    """Method, path and route of everything below the console but its static files."""
    for route in iter_route_contexts(site.routes):
        if route.path is not None and route.path.startswith("/console"):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path, route


def _changing(site: FastAPI) -> Iterator[tuple[str, str, RouteContext]]:
    return ((method, path, route) for method, path, route in _routes(site) if method != "GET")


def _calls(dependant: Any) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def _needed(route: RouteContext) -> Role | None:
    """The role its door asks for; None when it asks for none."""
    functions = (call for call in _calls(route.dependant) if inspect.isfunction(call))
    roles = [inspect.getclosurevars(function).nonlocals.get("role") for function in functions]
    return next((role for role in roles if isinstance(role, Role)), None)


def _filled(path: str) -> str:
    return re.sub(r"{[^}]+}", "1", path)


def _plain(page: str) -> str:
    """A page without what differs between any two browsers."""
    return re.sub(r'(name="csrf" value=")[\w-]+', "", page)


class Watched:
    """What the first transaction asked for sends to the database, each statement without its values."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        self._run = shop.app.db.run
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(shop.app.db, "run", self._first)

    def _first(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self._monkeypatch.undo()

        def watched(session: Session) -> Any:
            driver = session.info["driver"]
            driver.set_trace_callback(self._note)
            try:
                return function(session, *args, **kwargs)
            finally:
                driver.set_trace_callback(None)

        return self._run(watched)

    def _note(self, statement: str) -> None:
        self.statements.append(re.sub(r"'(?:[^']|'')*'|\b[\d.]+\b|\bNULL\b", "?", statement))


# links and codes


async def test_a_link_used_twice_at_the_same_moment_changes_one_password(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.forgets()
    link = await post.link()
    answers = await asyncio.gather(*(post.browser().send(link, **CHOSEN) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [303, 404, 404]


async def test_a_link_that_is_guessed_looks_like_one_that_is_over(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.forgets()
    link = await post.link()
    await post.browser().send(link, **CHOSEN)
    over = await post.browser().get(link)
    swapped = link[:-1] + ("A" if link[-1] != "A" else "B")
    for guess in (swapped, link.swapcase(), link[:-1], "/console/welcome/1", "/console/welcome/%27or%271"):
        answer = await post.browser().get(guess.replace("/CONSOLE/WELCOME/", "/console/welcome/"))
        assert (answer.status_code, _plain(answer.text)) == (404, _plain(over.text))
    assert len(link.rpartition("/")[2]) == 43  # 256 bits


async def test_a_new_password_takes_every_other_link_with_it(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.forgets()
    first = await post.link()
    await post.forgets()
    second = await post.link()
    assert first != second
    assert (await post.browser().get(first)).status_code == 200  # a stranger's asking kills no link
    await post.browser().send(second, **CHOSEN)
    assert (await post.browser().get(first)).status_code == 404


async def test_a_link_to_an_address_given_up_is_dead(post: PostalShop) -> None:
    await post.hire_with_address()
    browser = await post.signed_in()
    await post.forgets()
    link = await post.link()
    await browser.post("/console/profile/address/remove", password=PASSWORD)
    assert (await post.browser().get(link)).status_code == 404


# who is there


async def test_asking_for_a_new_password_tells_nobody_who_is_there_and_does_the_same_work(post: PostalShop) -> None:
    await post.hire_with_address()
    await post.hire("without")
    left = await post.hire_with_address("gone", "gone@example.kz")
    await post.shop.app.db.run(accounts.disable, left.id, now=post.shop.clock.now())
    answers, work = [], []
    for who in ("aigul", AIGUL, "without", "gone", "nobody", "nobody@example.kz", "", "x" * 300):
        browser = post.browser()
        page = await browser.get("/console/forgotten")
        token = re.search(r'name="csrf" value="([\w-]+)"', page.text)
        assert token is not None
        with pytest.MonkeyPatch.context() as monkeypatch:
            watched = Watched(post.shop, monkeypatch)
            answer = await browser.http.post("/console/forgotten", data={"csrf": token[1], "who": who})
        answers.append((answer.status_code, _plain(answer.text)))
        work.append(watched.statements)
        await post.settles()
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert any("insert into queue_messages" in one for one in work[0])
    for one in work:
        assert one == work[0]
    assert [letter["to"] for letter in post.mail.delivered()] == [f"Айгуль <{AIGUL}>"] * 2


async def test_signing_in_hashes_once_for_whoever_tries(post: PostalShop, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    class Counting(PasswordHasher):
        def hash(self, password: Any, **how: Any) -> str:
            hashed.append("hash")
            return super().hash(password, **how)

        def verify(self, *given: Any) -> Any:
            hashed.append("hash")
            return super().verify(*given)

    await post.hire_with_address()
    await post.shop.app.db.run(accounts.invite, "dana", "Дана", Role.VIEWER, now=post.shop.clock.now())
    counting = Counting(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: counting)
    for login in ("aigul", "nobody", "dana"):
        hashed.clear()
        assert (await post.browser().sign_in(login, "не тот пароль")).status_code == 401
        assert hashed == ["hash"]


# sessions and forms


async def test_a_session_planted_before_is_not_the_one_after_signing_in_or_after_the_code(post: PostalShop) -> None:
    await post.hire_with_address()
    browser = post.browser()
    browser.http.cookies.set(COOKIE, "planted" * 6 + "x", domain="console.test", path="/console")
    await browser.sign_in("aigul")
    first = browser.http.cookies.jar
    tokens = {cookie.value for cookie in first if cookie.name == COOKIE}
    assert not any(token.startswith("planted") for token in tokens)
    phone = await browser.turn_second_factor_on(post.shop)
    post.later(minutes=1)
    other = post.browser()
    await other.sign_in("aigul")
    half = other.token
    await other.send("/console/second-factor", code=phone.code())
    assert await other.is_in()
    assert other.token not in {half, *tokens}
    other.http.cookies.set(COOKIE, half, domain="console.test", path="/console")
    kept = await post.shop.app.db.read(lambda session: session.scalars(select(OperatorSession.awaits_code)).all())
    assert True not in kept


async def test_no_form_of_another_site_changes_anything(open_console: OpenConsole) -> None:
    console = await open_console()
    walked = 0
    for method, path, route in _changing(console.site):
        bare = await console.http.request(method, _filled(path))
        wrong = await console.http.request(method, _filled(path), headers={"x-csrf-token": "0" * 64})
        foreign = {"x-csrf-token": console.csrf, "sec-fetch-site": "cross-site"}
        across = await console.http.request(method, _filled(path), headers=foreign)
        assert [bare.status_code, wrong.status_code, across.status_code] == [403] * 3, (method, path)
        assert _needed(route) is not None or _sender in _calls(route.dependant), path
        walked += 1
    assert walked > 100


async def test_nothing_is_changed_by_opening_a_page(open_console: OpenConsole) -> None:
    console = await open_console()
    commits: list[set[str]] = []
    await console.shop.settles()
    console.app.db.on_commit(commits.append)
    for method, path, _ in _routes(console.site):
        if method == "GET" and "{" not in path and path != "/console/events":
            answer = await console.get(path)
            assert answer.status_code < 500
            assert commits == [], path
            assert answer.headers.get("cache-control") == "no-store" or answer.is_redirect, path


# roles


async def test_every_page_asks_for_a_session_but_the_door(open_console: OpenConsole) -> None:
    console = await open_console()
    unguarded = {path for _, path, route in _routes(console.site) if _needed(route) is None}
    assert unguarded == OPEN
    console.http.cookies.clear()
    for method, path, _ in _routes(console.site):
        if path not in OPEN:
            answer = await console.http.request(method, _filled(path))
            assert answer.status_code in (303, 401, 403), (method, path)
            assert "sign-in" in answer.headers.get("location", "sign-in")


async def test_no_role_does_what_only_a_greater_one_may(open_console: OpenConsole) -> None:
    owner = await open_console()
    viewer, manager = await owner.another("viewer", "Вика"), await owner.another("manager", "Миша")
    refused = {Role.MANAGER: 0, Role.OWNER: 0}
    for method, path, route in _routes(owner.site):
        needed = _needed(route)
        if path.startswith(OWNERS_AREAS):
            assert needed is Role.OWNER, path
        if method != "GET" and path not in OPEN | A_VIEWERS_OWN:
            assert needed in (Role.MANAGER, Role.OWNER), path
        for visitor, role in ((viewer, Role.VIEWER), (manager, Role.MANAGER)):
            if needed is not None and not role.may(needed):
                headers = {"x-csrf-token": visitor.csrf}
                answer = await visitor.http.request(method, _filled(path), headers=headers)
                assert answer.status_code == 403, (role, method, path)
                refused[needed] += 1
    assert min(refused.values()) > 20
    assert refused[Role.OWNER] > 2 * 20


async def test_nobody_raises_his_own_role_or_another_field_by_sending_it(post: PostalShop) -> None:
    await post.hire()
    made = await post.hire_with_address(role=Role.VIEWER)
    browser, owner = await post.signed_in(), await post.signed_in("marat")
    more = {
        "role": "owner",
        "id": "1",
        "login": "root",
        "email": "evil@evil.test",
        "second_factor": "",
        "operator_id": "1",
    }
    before = await post.shop.app.db.read(accounts.by_id, made.id)
    assert (await browser.post("/console/profile", name="Айгуль", language="ru", **more)).status_code == 204
    changed = {"old": PASSWORD, "new": CHOSEN["password"], "again": CHOSEN["password"]}
    assert (await browser.post("/console/profile/password", **changed, **more)).status_code == 200
    assert (await browser.post(f"/console/operators/{made.id}/role", role="owner")).status_code == 403
    after = await post.shop.app.db.read(accounts.by_id, made.id)
    for name in ("id", "login", "role", "email", "second_factor", "disabled_at"):
        assert getattr(after, name) == getattr(before, name)
    invited = {"login": "dana", "role": "viewer", "email": "dana@example.kz", "password_digest": "x", "new_email": "x"}
    await owner.post("/console/operators", **invited)
    link = await post.link("dana@example.kz")
    await post.browser().send(
        link, **CHOSEN, name="Дана", login="root", role="owner", purpose="first_owner", email="evil@evil.test"
    )
    (dana,) = [one for one in await _operators(post) if one.login == "dana"]
    assert (dana.role, dana.email, dana.new_email) == ("viewer", "dana@example.kz", None)
    assert (await owner.post("/console/operators", login="x1", role="god")).status_code == 422


async def _operators(post: PostalShop) -> list[Operator]:
    return list(await post.shop.app.db.read(lambda session: session.scalars(select(Operator)).all()))


# brute force


async def test_nobody_is_flooded_with_letters_he_did_not_ask_for(post: PostalShop) -> None:
    await post.hire_with_address()
    for number in range(12):
        await post.forgets("aigul" if number % 2 else AIGUL, address=f"198.51.100.{number}")
    assert len(await post.letters()) == 3
    post.later(hours=2)
    await post.forgets()
    assert len(await post.letters()) == 4


async def test_one_network_asks_for_few_new_passwords_whosever(post: PostalShop) -> None:
    for number in range(12):
        await post.hire_with_address(f"op{number}", f"op{number}@example.kz")
        await post.forgets(f"op{number}", address="198.51.100.1")
    assert len(await post.letters("@example.kz")) == 10


async def test_an_operator_cannot_bomb_strangers_with_letters(post: PostalShop) -> None:
    await post.hire_with_address()
    browser = await post.signed_in()
    sent = [
        (await browser.post("/console/profile/address", email=f"s{n}@stranger.test", password=PASSWORD)).status_code
        for n in range(8)
    ]
    assert sent == [204] * 5 + [409] * 3


# letters


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "forwarded", "x-original-url"])
async def test_the_links_of_letters_lead_to_the_shop_whatever_host_was_asked(post: PostalShop, header: str) -> None:
    await post.hire_with_address()
    browser = post.browser()
    page = await browser.get("/console/forgotten")
    token = re.search(r'name="csrf" value="([\w-]+)"', page.text)
    assert token is not None
    data = {"csrf": token[1], "who": "aigul"}
    cookie = "; ".join(f"{one.name}={one.value}" for one in browser.http.cookies.jar)
    await browser.http.post("/console/forgotten", data=data, headers={header: "evil.test", "cookie": cookie})
    letter = await post.last()
    assert "evil.test" not in letter.as_string() + "".join(parts(letter))
    assert link_in(letter)


@pytest.mark.parametrize(
    "who",
    [f"{AIGUL},evil@evil.test", f"{AIGUL}\r\nBcc: evil@evil.test", "aıgul@example.kz", f"{AIGUL}%0aevil@evil.test"],
)
async def test_a_letter_goes_to_the_address_that_is_stored_and_to_no_other(post: PostalShop, who: str) -> None:
    await post.hire_with_address()
    await post.forgets(who)
    await post.settles()
    assert post.server.letters == []
    browser = post.browser()
    page = await browser.get("/console/forgotten")
    token = re.search(r'name="csrf" value="([\w-]+)"', page.text)
    assert token is not None
    twice = f"csrf={token[1]}&who={AIGUL}&who=evil@evil.test&email=evil@evil.test".encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    await browser.http.post("/console/forgotten", content=twice, headers=form)
    await post.settles()
    assert all(one.recipients == [AIGUL] for one in post.server.letters)


async def test_a_name_becomes_neither_a_header_nor_markup_of_a_letter(post: PostalShop) -> None:
    await post.hire_with_address()
    browser = await post.signed_in()
    name = '"><script>alert(1)</script>\r\nBcc: evil@evil.test\u2028\x85X: y'
    assert (await browser.post("/console/profile", name=name, language="ru")).status_code == 204
    stranger = "Call +7 700 <a href='https://evil.test'>now</a>"
    await post.forgets(**{"user-agent": stranger})
    letter = await post.last()
    plain, html = parts(letter)
    assert "bcc" not in {header.lower() for header in letter}
    assert "x" not in {header.lower() for header in letter}
    assert [one.recipients for one in post.server.letters] == [[AIGUL]]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<script>alert(1)</script>" in plain  # where it is but a text
    assert "evil.test'" not in plain + html
    assert link_in(letter)


# pages


@pytest.mark.parametrize(
    "there",
    ["https://evil.test/", "//evil.test", "/\\evil.test", "/console/..//evil.test", "/console/\n//evil.test",
     "javascript:alert(1)", "/console@evil.test", "/consolex", "/console/today#@evil.test"],
)  # fmt: skip
async def test_no_step_of_the_door_leads_to_another_site(post: PostalShop, there: str) -> None:
    await post.hire_with_address()
    browser = post.browser()
    where = (await browser.sign_in("aigul", next=there)).headers.get("location", "/console/today")
    assert re.fullmatch(r"/console/[a-z./]*", where)
    assert "evil" not in where or where.startswith("/console/")
    signed = await browser.http.get("/console/sign-in", params={"next": there})
    assert signed.headers["location"].startswith("/console/")


async def test_no_page_is_shown_in_a_frame_kept_by_a_proxy_or_guessed_at_by_a_browser(post: PostalShop) -> None:
    await post.hire_with_address()
    browser = await post.signed_in()
    guest = post.browser()
    for who, path in (
        (guest, "/console/sign-in"),
        (guest, "/console/forgotten"),
        (guest, "/console/welcome/none"),
        (browser, "/console/profile"),
        (browser, "/console/today"),
        (browser, "/console/operators"),
        (guest, "/console/none"),
    ):
        headers = (await who.get(path)).headers
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"  # a link's secret is told to no other site


@pytest.mark.parametrize(
    "file", ["../saudager.db", "..%2fvault.key", "/etc/passwd", "....//vault.key", "..\\vault.key"]
)
async def test_no_path_leads_out_of_the_folders_of_documents_files_and_pictures(
    open_console: OpenConsole, file: str
) -> None:
    console = await open_console()
    for path in (
        f"/console/knowledge/original?file={file}",
        f"/console/knowledge/document?file={file}",
        f"/console/static/{file}",
        f"/console/files/{file}",
    ):
        answer = await console.get(path)
        assert answer.status_code in (404, 422), path
        assert b"SQLite format" not in answer.content
    sent = await console.post(
        "/console/knowledge/upload", files={"files": (file, b"# \xd0\x94\xd0\xb0", "text/markdown")}
    )
    assert sent.status_code < 500
    folder = console.app.settings.data_dir
    inside = {folder / "knowledge_base", folder / "media", folder / "imports"}
    strays = [path for path in folder.rglob("*") if path.is_file() and not inside & {*path.parents}]
    assert not [path for path in strays if path.suffix == ".md" or path.read_bytes()[:6] == b"# \xd0\x94\xd0\xb0"]


# fetching


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://2852039166/",
     "http://metadata.google.internal/", "http://[fd00:ec2::254]/"],
)  # fmt: skip
async def test_no_vendors_address_leads_to_the_secrets_of_the_machine(open_console: OpenConsole, address: str) -> None:
    console = await open_console()
    http = HttpClient("Vendor", address, clock=console.shop.clock)
    with pytest.raises(Rejected, match="cannot be a vendor's"):
        await http.call("GET", "/", asked="anything")


def test_every_attack_that_is_listed_has_its_test() -> None:
    listed = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", SECURITY.read_text(encoding="utf-8"))
    assert len(listed) > 25
    for file, name in listed:
        source = (SECURITY.parents[1] / file).read_text(encoding="utf-8")
        assert f"def {name}(" in source, (file, name)
    own = re.findall(r"def (test_\w+)\(", Path(__file__).read_text(encoding="utf-8"))
    assert set(own) - {name for _, name in listed} == {"test_every_attack_that_is_listed_has_its_test"}
