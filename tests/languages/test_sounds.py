"""A brand is the same brand in Cyrillic and in Latin letters."""

import itertools

import pytest

from saudager.languages.sounds import sound_key, transliterations

NAMES = """
нортвик Northvik, медиум medium, макси Maxi, ханеул Haneul, рейнол Rheinol, бореалис Borealis, самсунг Samsung,
тойота Toyota, бош Bosch, филипс Philips, нокиан Nokian, найк Nike, стандарт Standard, премиум Premium,
комфорт Comfort, классик Classic, элеганс Elegance, экспресс Express, люкс Lux, драйв Drive, айс Ice, прайм Prime,
лайт Light, актив Active, ямаха Yamaha, хуавей Huawei, джип Jeep, джетта Jetta, акцент Accent, делюкс Deluxe,
мультифлекс Multiflex, сапфир Sapphire, осстем Osstem, камри Camry, гранта Granta, титан Titan, экзист Exist
"""
PAIRS = [tuple(pair.split()) for pair in NAMES.replace("\n", " ").split(",")]


@pytest.mark.parametrize(("cyrillic", "latin"), PAIRS)
def test_both_spellings_of_a_name_sound_the_same(cyrillic: str, latin: str) -> None:
    assert sound_key(cyrillic) == sound_key(latin)


def test_different_names_sound_different() -> None:
    keys = [sound_key(latin) for _, latin in PAIRS]
    assert len(set(keys)) == len(keys)
    assert all(one != other for one, other in itertools.combinations(map(sound_key, ("G11", "G12", "R15", "R16")), 2))


@pytest.mark.parametrize(
    ("word", "spelling"),
    [
        ("Northvik", "нортвик"),
        ("медиум", "medium"),
        ("макси", "maxi"),
        ("Maxi", "макси"),
        ("Nike", "найк"),
        ("Haneul", "ханеул"),
    ],
)
def test_a_name_is_spelled_in_the_other_alphabet(word: str, spelling: str) -> None:
    assert spelling in transliterations(word)
