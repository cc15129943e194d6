"""One variant of one bench in this process: ``python -m saudager.bench turns product_burst quick``."""

import asyncio
import importlib
import json
import sys

_name, _variant, *_quick = sys.argv[1:]
_measured = getattr(importlib.import_module(f"saudager.bench.{_name}"), _variant)(0.1 if _quick else 1.0)
print(json.dumps(asyncio.run(_measured), ensure_ascii=False))  # noqa: T201
