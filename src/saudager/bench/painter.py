"""A vendor on this machine that takes its time for a picture, in a process of its own."""

import asyncio
import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SIDE = 1024


@contextmanager
def running(seconds: float) -> Iterator[str]:
    """An address on loopback that speaks OpenAI's images API; the vendor ends when its stdin does, with the block or
    this process."""
    command = [sys.executable, "-m", "saudager.bench.painter", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as vendor:  # noqa: S603
        assert vendor.stdout is not None
        yield f"http://127.0.0.1:{int(vendor.stdout.readline())}/v1"


def picture() -> bytes:
    """A product before a backdrop with the grain of a photo, as PNG: 1024 × 1024, 0.8 MB."""
    grain = np.random.default_rng(7).normal(0, 2, (_SIDE, _SIDE, 1))
    shades = np.linspace(235, 215, _SIDE)[:, None, None] * np.ones((1, _SIDE, 3))
    shades[400:720, 160:860] = (160, 40, 50)
    out = io.BytesIO()
    Image.fromarray((shades + grain).clip(0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


async def _serve(seconds: float) -> None:
    body = json.dumps({"created": 1_770_000_000, "data": [{"b64_json": base64.b64encode(picture()).decode()}]}).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = _LENGTH.search(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(int(asked[1]) if asked else 0)
                await asyncio.sleep(seconds)
                writer.write(head + body)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # they, or we, are done
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
