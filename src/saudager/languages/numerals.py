"""Numbers written as words in Kazakh and English, as figures."""

from collections.abc import Sequence

from saudager.languages.dictionary import fold

_KAZAKH = """
бір 1 екі 2 үш 3 төрт 4 бес 5 алты 6 жеті 7 сегіз 8 тоғыз 9 он 10 жиырма 20 отыз 30 қырық 40 елу 50
алпыс 60 жетпіс 70 сексен 80 тоқсан 90 жүз 100
"""
_ENGLISH = """
one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 thirteen 13 fourteen 14
fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19 twenty 20 thirty 30 forty 40 fifty 50 sixty 60 seventy 70
eighty 80 ninety 90 hundred 100
"""
_LOOKS_LIKE_CAKE = "торт"
_SPELLED = (_KAZAKH + _ENGLISH).split()
_VALUES = {fold(word): int(value) for word, value in zip(_SPELLED[::2], _SPELLED[1::2], strict=True)}


def value(word: str) -> int | None:
    """The number a lower-case word says, None for any other word."""
    return None if word == _LOOKS_LIKE_CAKE else _VALUES.get(fold(word))


def together(values: Sequence[int]) -> list[int]:
    """Numbers said in a row as the numbers meant: 20, 5 is 25; 2, 100, 50 is 250; 3, 4 stays two numbers."""
    meant: list[int] = []
    for one in values:
        last = meant[-1] if meant else 0
        if one == 100 and 1 < last < 10:
            meant[-1] = last * 100
        elif last and _joins(last, one):
            meant[-1] = last + one
        else:
            meant.append(one)
    return meant


def _joins(last: int, one: int) -> bool:
    return (one < 10 and last % 10 == 0) or (10 <= one < 100 and last % 100 == 0)
