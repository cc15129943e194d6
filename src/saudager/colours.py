"""Colours as people name them, in Russian, Kazakh and English, and what they look like."""

import re

_NAMED = {
    "#f4f4f2": "white белый белая белое ақ pearl перламутр перламутровый",
    "#15161a": "black черный черная черное қара",
    "#8d9196": "gray grey серый серая серое сұр graphite графит",
    "#c3c7cb": "silver серебристый серебристая серебро күміс",
    "#b3202a": "red красный красная красное қызыл",
    "#1f4fa3": "blue синий синяя синее көк",
    "#7fb2dd": "голубой голубая голубое",
    "#2f7d4f": "green зеленый зеленая зеленое жасыл",
    "#e8c22d": "yellow желтый желтая желтое сары",
    "#e2762a": "orange оранжевый оранжевая оранжевое",
    "#6d4a33": "brown коричневый коричневая коричневое қоңыр",
    "#dccfb4": "beige бежевый бежевая бежевое",
    "#6f3f8f": "purple violet фиолетовый фиолетовая фиолетовое күлгін",
    "#e39ab5": "pink розовый розовая розовое қызғылт",
    "#c9a24b": "gold золотой золотая золотистый алтын",
}
_HEX = {word: shade for shade, words in _NAMED.items() for word in words.split()}


def hex_of(written: str) -> str | None:
    """``#rrggbb`` of a colour in words or as it stands; None when nobody knows it."""
    plain = written.strip().lower().replace("ё", "е")
    if re.fullmatch(r"#[0-9a-f]{6}", plain):
        return plain
    return next((_HEX[word] for word in re.findall(r"\w+", plain) if word in _HEX), None)
