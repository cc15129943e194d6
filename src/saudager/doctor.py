"""Look at every part and say, for each that is not well, what to do."""

import secrets
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from saudager import attention, hosts, shop_settings
from saudager.app import App
from saudager.attention import Why
from saudager.crm import connections, sync
from saudager.db.statements import Statement
from saudager.engines import notices, shutdowns
from saudager.engines.order import Engine, Engines
from saudager.errors import BadCredentials, SaudagerError
from saudager.knowledge import library
from saudager.operators import system_mail
from saudager.orders import shops
from saudager.overview import desk
from saudager.providers.gateway import SKEW_NOTICED, Finding, wrong_clock
from saudager.queues import table
from saudager.studio import checking

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OF_A_KIND = 100
_SERVER = Statement("select current_setting('server_version'), clock_timestamp()")
_FTS5_PROBE = "create virtual table temp.probe using fts5(words)"


async def examine(app: App) -> AsyncIterator[Finding]:
    """Every finding, one after the other; what waits for a person counts as not good."""
    yield await _database(app)
    yield await _queues(app)
    yield await _files(app)
    if app.service != "gateway":
        async for finding in _agent(app):
            yield finding
    for finding in await _gateway(app):
        yield finding


async def _gateway(app: App) -> Sequence[Finding]:
    try:
        return await app.gateway.findings()
    except BadCredentials:
        says = "не узнаёт нас: задайте шлюзу и продавцу один SERVICE_KEY или одну папку DATA_DIR"
    except SaudagerError as error:
        says = f"не отвечает: запущен ли `saudager gateway` и верен ли GATEWAY_URL? ({error})"
    return [Finding(False, "шлюз", says)]


async def _agent(app: App) -> AsyncIterator[Finding]:
    for finding in (*await _documents(app), *await _settings(app)):
        yield finding
    async for finding in _engines(app):
        yield finding
    for finding in await checking.findings(app):
        yield finding
    async for finding in _shops(app):
        yield finding
    async for finding in _crm(app):
        yield finding
    for finding in await _letters_to_operators(app):
        yield finding
    for one in await app.db.read(desk.waiting, most=_OF_A_KIND):
        who = one.name or (f"+{one.phone}" if one.phone else one.about.partition(":")[2])
        since = one.since.astimezone(app.settings.zone)
        yield Finding(False, f"ждёт человека с {since:%d.%m.%Y %H:%M} ({who})", one.reason)


async def _database(app: App) -> Finding:
    if not app.db.url.startswith("sqlite:"):
        version, at = await app.db.read(_server)
        skew = at - app.clock.now()
        if abs(skew) > SKEW_NOTICED:
            return wrong_clock("PostgreSQL", skew)
        return Finding(True, "PostgreSQL", version)
    try:
        sqlite3.connect(":memory:").execute(_FTS5_PROBE)
    except sqlite3.OperationalError:
        return Finding(False, "SQLite", "нет полнотекстового поиска (FTS5): возьмите Python, в чьём sqlite3 он есть")
    return Finding(True, "SQLite", sqlite3.sqlite_version)


def _server(session: Session) -> tuple[str, datetime]:
    """Its version and what time it is there."""
    version, at = _SERVER(session).fetchone()
    return version, at


async def _queues(app: App) -> Finding:
    depths = await app.db.read(table.depth)
    dead = {queue: counts["dead"] for queue, counts in depths.items() if counts["dead"]}
    waiting = {queue: counts["waiting"] for queue, counts in depths.items() if counts["waiting"]}
    if dead:
        listed = ", ".join(f"{queue}: {count}" for queue, count in dead.items())
        return Finding(False, "очереди", f"не удалось обработать: {listed}")
    return Finding(True, "очереди", ", ".join(f"{queue}: ждёт {count}" for queue, count in waiting.items()) or "пусты")


async def _files(app: App) -> Finding:
    """Whether a file can be kept, read, found and deleted; one left by a doctor who was stopped goes at night."""
    path, content = f"pictures/doctor-{secrets.token_hex(8)}.txt", b"can be read"
    settings, media = app.settings, app.media
    where = f"папка {settings.media_folder}"
    if settings.s3_bucket is not None:
        is_open = (settings.s3_endpoint or "").startswith("http://")
        is_open = is_open and hosts.host_of(settings.s3_endpoint or "") not in _LOOPBACK
        where = f"бакет {settings.s3_bucket}{', без шифрования' if is_open else ''}"
    try:
        await media.put(path, content, mime_type="text/plain", now=app.clock.now())
        found = [one async for one in media.below(path)] == [path] and await media.get(path) == content
        await media.delete(path)
        if not found or await media.has(path):
            says = "записанный файл не находится" if not found else "удалённый файл остаётся"
            return Finding(False, "файлы", f"{where}: {says}")
    except SaudagerError as error:
        return Finding(False, "файлы", str(error))
    return Finding(True, "файлы", f"пишутся, читаются и удаляются: {where}")


async def _settings(app: App) -> list[Finding]:
    values = await app.db.read(shop_settings.values, app.vault)
    lost = (await app.db.read(shop_settings.stored)).keys() - values.keys()
    findings = [
        Finding(False, name.upper(), "vault.key does not open it: enter it again in the console (Подключения → Модели)")
        for name in sorted(lost)
    ]
    changed = [
        f"{name.upper()} is {shop_settings.told(name, value)} "
        f"(the environment says {shop_settings.told(name, getattr(app.environment, name))})"
        for name, value in values.items()
    ]
    if changed:
        findings.append(Finding(True, "settings", f"changed in the console, which counts: {'; '.join(changed)}"))
    return findings


async def _documents(app: App) -> list[Finding]:
    shelf = await app.db.read(library.shelf)
    if not shelf:
        return [Finding(False, "документы", _nothing_read(app.settings.knowledge_folder))]
    useful = [document for document in shelf if document.passages]
    passages = sum(document.passages for document in useful)
    findings = [Finding(bool(useful), "документы", f"прочитано {len(useful)} из {len(shelf)}, отрывков: {passages}")]
    findings += [
        Finding(False, f"{document.file}, стр. {problem.page}" if problem.page else document.file, problem.problem)
        for document in shelf
        for problem in document.problems
    ]
    return findings


def _nothing_read(folder: Path) -> str:
    lying = sum(path.is_file() for path in folder.rglob("*"))
    if lying:
        return f"файлов в {folder}: {lying}, ни один не прочитан; их читают `saudager up` и `saudager knowledge add`"
    return f"ничего не прочитано: положите прайс-листы и условия магазина в {folder}"


async def _engines(app: App) -> AsyncIterator[Finding]:
    """One word asked of every engine, what its vendor has announced for its model, and the day's money."""
    hosted = app.model.engines if isinstance(app.model, Engines) else ()
    for name in app.settings.engines:
        if name not in {engine.name for engine in hosted}:
            await app.db.run(attention.settle, Why.ENGINE, notices.about(name), now=app.clock.now())
            yield Finding(True, f"модель {name}", "нет ключа: её не спрашивают")
    if not isinstance(app.model, Engines):
        return
    today = app.model.books.today()
    async for engine, failed in app.model.try_each():
        about, says = f"модель {engine.name} ({engine.model_id})", _how_it_is(engine, failed)
        yield Finding(not failed, about, says)
        variable = f"{engine.name.upper()}_MODEL"
        if warning := shutdowns.warning(shutdowns.of(engine.model_id), variable, today):
            yield Finding(False, about, warning)
    if (budget := app.model.books.budget) is not None:
        yield Finding(budget.spent < budget.cap, "деньги на модели", f"сегодня {budget.as_money()} из {budget.written}")


async def _shops(app: App) -> AsyncIterator[Finding]:
    """Whether each shop's marketplace answers, and when its orders were last looked at."""
    for shop in await app.db.read(shops.everyone):
        if shop.marketplace is None:
            continue
        about = f"магазин «{shop.name}»"
        try:
            await shops.open_market(app, shop).check()
        except SaudagerError as error:
            yield Finding(False, about, str(error))
            continue
        seen = shop.synced_at and shop.synced_at.astimezone(app.settings.zone)
        yield Finding(True, about, f"отвечает, заказы просмотрены {seen:%d.%m.%Y %H:%M}" if seen else "отвечает")


async def _crm(app: App) -> AsyncIterator[Finding]:
    """Whether each account of a CRM opens to us, how its news come, and when it was last read."""
    for connection in await app.db.read(connections.everyone):
        about = f"CRM «{connection.title}»"
        try:
            await (await connections.opened(app, connection.id)).account()
        except SaudagerError as error:
            yield Finding(False, about, str(error))
            continue
        if connection.synced_at is None or connection.swept_until is None:
            progress = connection.progress
            yield Finding(True, about, f"отвечает, читаем его: {sync.words(progress)}" if progress else "отвечает")
            continue
        seen = connection.swept_until.astimezone(app.settings.zone)
        news = "новости приходят сразу" if connection.hooked_at else "новости раз в 10 минут"
        if connection.hook_problem:
            news += f" (вебхук не приняли: {connection.hook_problem})"
        yield Finding(True, about, f"отвечает, прочитан {seen:%d.%m.%Y %H:%M}, {news}")


async def _letters_to_operators(app: App) -> list[Finding]:
    """Whether links to a new password and notices of the door can leave, and where they lead."""
    about, settings = "письма операторам", app.settings
    findings = []
    try:
        mailbox = await system_mail.mailbox(app)
    except SaudagerError:
        mailbox = ""  # the gateway has a finding of its own
    if mailbox is None:
        says = "почта не подключена, новый пароль даёт владелец или `saudager operator reset ЛОГИН`"
        findings.append(Finding(True, about, says))
    elif mailbox:
        findings.append(Finding(True, about, f"ссылки в них ведут на {settings.console_address}"))
    if settings.development:
        is_open = settings.host not in _LOOPBACK
        says = "включено, а HOST открыт для других: выключите, ссылки для входа попадают в журнал"
        findings.append(Finding(not is_open, "DEVELOPMENT", says if is_open else "ссылки для входа пишутся в журнал"))
    return findings


def _how_it_is(engine: Engine, failed: str) -> str:
    health = engine.health
    if not failed:
        return "готова"
    if health.stopped:
        variable = engine.name.upper()
        return f"ключ не принят или такой модели нет: проверьте {variable}_API_KEY и {variable}_MODEL"
    if health.rests_until is not None:
        return f"отдыхает до {health.rests_until:%H:%M:%S} UTC: {failed}"
    return failed
