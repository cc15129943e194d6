"""The one door to jinja2: HTML made from the templates of a package, in the reader's language, all of it escaped.

A template that ends in ``.mjml`` is a letter: its markup becomes the HTML of mail programs once, before it is filled.
"""

from collections.abc import Sequence
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

LANGUAGES: Sequence[str] = ("ru", "en", "kk")
"""What pages may be read in; the templates themselves are Russian."""


def render(package: str, template: str, /, *, language: str = "ru", **values: Any) -> str:
    """The HTML of ``package``'s ``templates/<template>``; a name the template asks for and nobody gives is an error.

    ``_("…")`` and ``{% trans %}`` in it are looked up in ``package``'s ``languages/<language>.po``.
    """
    return _environment(package, language).get_template(template).render(values)


def say(package: str, language: str, text: str, **values: Any) -> str:
    """A Russian text of the package in another language, with ``%(name)s`` filled; itself when nobody translated it."""
    said = _catalogue(package, language).gettext(text)
    return said % values if values else said


@lru_cache
def _catalogue(package: str, language: str) -> NullTranslations:
    """A catalogue as it is edited (``.po``); there is no compiled copy that could be stale."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = files(package) / "languages" / f"{language}.po"
    if not source.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache
def _environment(package: str, language: str) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    class Loader(PackageLoader):
        def get_source(self, environment: Environment, template: str) -> Any:
            source, path, is_fresh = super().get_source(environment, template)
            return _for_mail_programs(source) if template.endswith(".mjml") else source, path, is_fresh

    environment = Environment(
        loader=Loader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(_catalogue(package, language), newstyle=True)  # type: ignore[attr-defined]
    return environment


def _for_mail_programs(source: str) -> str:
    import mrml

    made = mrml.to_html(source)
    assert not made.warnings, made.warnings
    return made.content
