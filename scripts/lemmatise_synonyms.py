"""Write the dictionary forms of the shipped synonyms' words, which take longer to find than all else at a start.

``make docs`` runs it.
"""

from saudager.languages.russian import lemma
from saudager.languages.synonyms import LEMMAS, SHIPPED
from saudager.words import normalise


def written() -> str:
    """A line for each word: the word as it is looked up, and its dictionary form."""
    told = [line for line in SHIPPED.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    words = {word for line in told for word in normalise(line.replace(">", " ")).split()}
    return "".join(f"{word} {lemma(word)}\n" for word in sorted(words))


if __name__ == "__main__":
    LEMMAS.write_text(written(), encoding="utf-8")
