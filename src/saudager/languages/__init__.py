"""The languages customers write in, and what the search and the offline engine need of them."""

from saudager.languages.recognition import Language, language_of

__all__ = ["Language", "language_of"]
