"""A queue that is full makes its callers wait, the webhook by 503 and the poll by itself, and nothing is lost."""

import random
import time
from pathlib import Path

import httpx
import pytest

from saudager.vault import Vault
from tests.fakes.wappi import PROFILE
from tests.product import ACCOUNT, SHAPES, Product, chat_of, product, rounds, until
from tests.verdict import judge, reading, wait_until_done

SEED = 20260424
LIMIT = 20
SMALL = f"""
from saudager.contracts import CONTRACT
CONTRACT["incoming_messages"] = CONTRACT["incoming_messages"].model_copy(update={{"max_length": {LIMIT}}})
"""
_WAITING = "select count(*) from queue_messages where queue = 'incoming_messages.out' and state = 0"


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.parametrize("shape", SHAPES[1:])
def test_while_nobody_takes_lines_broker_and_table_fill_up_and_then_everything_is_answered(
    shape: str, tmp_path: Path
) -> None:
    with product(shape, tmp_path) as (running, _):
        running.prelude = SMALL
        running.start(0)
        until(running.is_up, "the gateway to start")
        with running.phone.customers_write(rounds(random.Random(SEED), 25, 2), pause=0.01):
            pass
        statuses: list[int] = []
        until(lambda: _pushed(running, statuses) == 503, "the webhook to say that there is no room")
        with reading(running.gateway_url) as rows:
            ((in_table,),) = rows(_WAITING)
        running.start()
        wait_until_done(running)
        assert _push(running, chat_of(999)) == 200
        wait_until_done(running)
        running.stop()
        print(f"\n{judge(running)}, {in_table} in the table when full, webhook answers {statuses}")  # noqa: T201
    assert 0 < in_table <= LIMIT


def _pushed(running: Product, statuses: list[int]) -> int:
    statuses.append(_push(running, chat_of(500 + len(statuses))))
    return statuses[-1]


def _push(running: Product, chat: str) -> int:
    """A customer writes, and the messenger tells it at once; the webhook's answer."""
    text = "Сколько стоит окно?"
    row = {
        "wh_type": "incoming_message",
        "profile_id": PROFILE,
        "id": running.phone.writes(chat, text),
        "body": text,
        "type": "chat",
        "from": chat,
        "chatId": chat,
        "time": int(time.time()),
        "from_where": "phone",
        "chat_type": "dialog",
        "is_me": False,
    }
    secret = Vault(running.folder / "vault.key").derive(f"webhook {ACCOUNT}")
    address = f"{running.address()}/webhooks/{ACCOUNT}/{secret}"
    return httpx.post(address, json={"messages": [row]}, timeout=30).status_code
