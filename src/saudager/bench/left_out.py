"""What cannot be measured here, and why."""

from importlib.util import find_spec


class LeftOut(Exception):
    """Why a variant cannot be measured here."""


def need(*modules: str) -> None:
    """Raise LeftOut where one of the libraries that only benches use is not installed."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise LeftOut(f"{', '.join(missing)} not installed: pip install 'saudager[bench]'")
