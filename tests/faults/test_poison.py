"""What cannot be read, or breaks whoever handles it, lies with the dead with a reason and holds up nobody else."""

import asyncio
import random
from pathlib import Path

import aio_pika
import pytest
from redis.asyncio import Redis

from saudager.attention import Why
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.wires import DEAD
from saudager.rehearsal import Shop
from tests.product import SHAPES, Product, chat_of, product, rounds, until
from tests.verdict import judge, wait_until_done

SEED = 20260423
UNREADABLE = [b"{no json", b"[1, 2]", b'{"account": "shop"}', b"\xff\xfe"]
QUEUES = ("incoming_messages", "outgoing_messages", "delivery_reports")


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.parametrize("shape", SHAPES[1:])
def test_unreadable_messages_put_into_the_broker_by_hand_lie_with_the_dead(shape: str, tmp_path: Path) -> None:
    with product(shape, tmp_path) as (running, _):
        running.start()
        until(running.is_up, "the product to start")
        with running.phone.customers_write(rounds(random.Random(SEED), 20, 2), pause=0.05):
            asyncio.run(_put(running))
        wait_until_done(running)
        dead = {queue: asyncio.run(_dead(running, queue)) for queue in QUEUES}
        running.stop()
        print(f"\n{judge(running)}, dead { ({queue: len(letters) for queue, letters in dead.items()}) }")  # noqa: T201
    for letters in dead.values():
        assert sorted(body for body, _ in letters) == sorted(UNREADABLE)
        assert all(reason for _, reason in letters)


async def test_a_turn_that_always_crashes_dies_alone(open_shop):
    def answer(briefing):
        return RuntimeError("непредвиденное") if "сломайся" in briefing.new_lines[-1] else "Сейчас расскажу."

    shop: Shop = await open_shop(model=ScriptedModel(answer))
    chats = [chat_of(number) for number in range(100, 110)]
    for chat in chats:
        await shop.customer_says("Сколько стоит окно?", chat=chat)
    await shop.customer_says("Сколько стоит окно, сломайся?")
    await shop.time_passes(seconds=20)
    assert [len(shop.answers(chat)) for chat in chats] == [1] * 10
    await shop.time_passes(hours=1)
    assert shop.answers() == []
    (entry,) = await shop.desk()
    assert entry.kind == Why.TURN_FAILED
    assert "непредвиденное" in entry.reason
    await shop.customer_says("Сколько стоит дверь?")
    await shop.time_passes(seconds=20)
    assert len(shop.answers()) == 1


async def _put(running: Product) -> None:
    if "RABBITMQ_URL" in running.settings:
        async with await aio_pika.connect(running.settings["RABBITMQ_URL"]) as connection:
            channel = await connection.channel()
            for queue in QUEUES:
                for body in UNREADABLE:
                    await channel.default_exchange.publish(aio_pika.Message(body), queue)
        return
    async with Redis.from_url(running.settings["REDIS_URL"]) as redis:
        for queue in QUEUES:
            for body in UNREADABLE:
                await redis.xadd(queue, {"data": body})


async def _dead(running: Product, queue: str) -> list[tuple[bytes, str]]:
    """Body and reason of the broker's dead letters."""
    if "RABBITMQ_URL" in running.settings:
        async with await aio_pika.connect(running.settings["RABBITMQ_URL"]) as connection:
            lying = await (await connection.channel()).get_queue(queue + DEAD)
            letters = []
            while (letter := await lying.get(no_ack=True, fail=False)) is not None:
                letters.append((letter.body, str(letter.headers["reason"])))
            return letters
    async with Redis.from_url(running.settings["REDIS_URL"]) as redis:
        return [(fields[b"data"], fields[b"reason"].decode()) for _, fields in await redis.xrange(queue + DEAD)]
