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
from itertools import cycle

import numpy as np
from PIL import Image, ImageDraw

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SIDE, _SIDES = 1024, 12


@contextmanager
def running(seconds: float) -> Iterator[str]:
    """An address on loopback that speaks OpenAI's images API; the vendor ends when its stdin does, with the block or
    this process."""
    command = [sys.executable, "-m", "saudager.bench.painter", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as vendor:  # noqa: S603
        assert vendor.stdout is not None
        yield f"http://127.0.0.1:{int(vendor.stdout.readline())}/v1"


def picture(number: int = 0) -> bytes:
    """A product before a backdrop with the grain of a photo, as PNG: 1024 × 1024, 0.9 MB. Each number shows it from
    another side."""
    image = Image.new("RGB", (_SIDE, _SIDE), "#e6e6e2")
    dice = np.random.default_rng(number)
    corners = [(int(x), int(y)) for x, y in dice.uniform(0.1 * _SIDE, 0.9 * _SIDE, (4, 2))]
    draw = ImageDraw.Draw(image)
    draw.polygon(corners, "#a02832")
    draw.ellipse([(380, 380), (640, 640)], "#a02832")
    grain = dice.normal(0, 2, (_SIDE, _SIDE, 1))
    out = io.BytesIO()
    Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _response(content: bytes) -> bytes:
    body = json.dumps({"created": 1_770_000_000, "data": [{"b64_json": base64.b64encode(content).decode()}]}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def _serve(seconds: float) -> None:
    responses = cycle([_response(picture(number)) for number in range(_SIDES)])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = _LENGTH.search(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(int(asked[1]) if asked else 0)
                await asyncio.sleep(seconds)
                writer.write(next(responses))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):  # they, or we, are done
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
