"""A model vendor on this machine that answers at once with prepared bytes, in a process of its own."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TEXT = "Здравствуйте! Двустворчатое окно 1500 на 1500 стоит 131 000 ₸ вместе с установкой. В какой город его везти?"
DECISION = {"reply": TEXT, "actions": [{"kind": "note_interest", "detail": "окно двустворчатое 1500 на 1500"}]}
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@contextmanager
def running() -> Iterator[str]:
    """An OpenAI-compatible address on loopback; the vendor ends when its stdin does, with the block or this process."""
    command = [sys.executable, "-m", "saudager.bench.vendor"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as vendor:  # noqa: S603
        assert vendor.stdout is not None
        yield f"http://127.0.0.1:{int(vendor.stdout.readline())}/v1"


def _response(content: str) -> bytes:
    completion: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_770_000_000,
        "model": "bench-1",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, "refusal": None}}
        ],
        "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
    }
    body = json.dumps(completion, ensure_ascii=False).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def _serve() -> None:
    text, decision = _response(TEXT), _response(json.dumps(DECISION, ensure_ascii=False))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = _LENGTH.search(await reader.readuntil(b"\r\n\r\n"))
                body = await reader.readexactly(int(head[1]) if head else 0)
                writer.write(decision if b'"json_schema"' in body else text)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # they, or we, are done
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
