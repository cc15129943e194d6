"""The one door to jinja2: HTML made from the templates of a package, with everything in it escaped."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def render(package: str, template: str, /, **values: Any) -> str:
    """The HTML of ``package``'s ``templates/<template>``; a name the template asks for and nobody gives is an error."""
    return _environment(package).get_template(template).render(values)


@lru_cache
def _environment(package: str) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
