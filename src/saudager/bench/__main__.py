"""One variant of one bench in this process: ``python -m saudager.bench turns product_burst 0.02``."""

import asyncio
import importlib
import json
import sys

from saudager.bench.left_out import LeftOut

_name, _variant, _scale = sys.argv[1:]
_measured = getattr(importlib.import_module(f"saudager.bench.{_name}"), _variant)(float(_scale))
try:
    _row = asyncio.run(_measured)
except LeftOut as why:
    _row = {"left_out": str(why)}
print(json.dumps(_row, ensure_ascii=False))  # noqa: T201
