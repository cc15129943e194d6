"""What hour and minute the words of a time say, the words given by the part they play in it."""

import re
from dataclasses import replace

from saudager.calls.line import Word
from saudager.calls.mentions import Clock, Side

_HALVES = ("morning", "afternoon", "evening", "night")


def _clock(hour: float, minute: float, words: dict[str, Word], side: Side = "at") -> Clock | None:
    if not (0 <= hour < 25 and 0 <= minute < 60):
        return None
    return Clock(int(hour), int(minute), _half(words), _side(words, side))


def _half(words: dict[str, Word]) -> str:
    if "of_day" in words:
        return "afternoon"
    said = words.get("of") or words.get("of_before")
    if said is None:
        return ""
    return said.form if said.form in ("am", "pm") else _HALVES[int(said.value)]


def _side(words: dict[str, Word], side: Side) -> Side:
    lead, tail = words.get("lead"), words.get("tail")
    if lead is not None and lead.kind in "pe" and lead.form != "kk":
        return "after" if lead.kind == "p" else "before"
    if tail is not None:
        time = words["time"]
        if tail.kind == "p" and time.form in ("abl", "kk"):
            return "after"
        if tail.kind == "e" and time.form in ("dat", "abl", "kk"):
            return "before"
    return side


def _before(hour: float) -> float:
    return (hour - 1) or 12


def half_before(words: dict[str, Word]) -> Clock | None:
    hour = words["hour"]
    if words["half"].text == "half":
        return _clock(hour.value, 30, words)
    return _clock(_before(hour.value), 30, words) if 0 < hour.value <= 12 else None


def half_before_in_one_word(words: dict[str, Word]) -> Clock | None:
    return _clock(_before(words["hour"].value), 30, words)


def quarter_of(words: dict[str, Word]) -> Clock | None:
    quarters = words["quarters"].value if "quarters" in words else 1
    return _clock(_before(words["hour"].value), 15 * quarters, words) if words["hour"].value <= 12 else None


def minutes_of(words: dict[str, Word]) -> Clock | None:
    return _clock(_before(words["hour"].value), words["minutes"].value, words)


def minutes_to(words: dict[str, Word]) -> Clock | None:
    minutes = 15 if words["minutes"].kind == "q" else words["minutes"].value
    hour = words["hour"]
    return _clock(_before(_hour(hour)), 60 - minutes, words) if 0 < minutes < 30 else None


def minutes_past(words: dict[str, Word]) -> Clock | None:
    minutes = {"q": 15, "h": 30}.get(words["minutes"].kind, words["minutes"].value)
    return _clock(_hour(words["hour"]), minutes, words)


def and_half(words: dict[str, Word]) -> Clock | None:
    return _clock(words["time"].value, 30, words) if words["time"].value <= 12 else None


def in_the_hour(words: dict[str, Word]) -> Clock | None:
    """«В третьем часу»: somewhere after two."""
    return _clock(_before(words["hour"].value), 0, words, "after") if words["hour"].value <= 12 else None


def noon(words: dict[str, Word]) -> Clock | None:
    noon = words["time"].value == 12
    return Clock(12 if noon else 24, 0, "exact", _side(words, "at"))


def _hour(word: Word) -> float:
    return 1 if word.kind in "1H" else word.value


def one_time(words: dict[str, Word]) -> Clock | None:
    time, minutes = words["time"], words.get("minutes")
    if time.kind == "H" and time.text not in ("часа", "часу"):
        return None
    if time.kind in "CX":
        return _written(time, words)
    if minutes is not None and not _is_minutes(minutes, spoken=bool(time.form) or time.kind == "1"):
        return None
    if time.value > 23:
        return None
    return _clock(_hour(time), minutes.value if minutes else 0, words)


def _written(time: Word, words: dict[str, Word]) -> Clock | None:
    """15:30, 15.30, 15-30; «3-4» and «14-15» are from three to four and so on."""
    minute: float = time.other
    separator = time.text[len(str(int(time.value))) :][:1] if time.kind == "X" else ":"
    figures = len(re.split(r"\D", time.text)[-1])
    if separator in "-/" and (figures == 1 or (0 < minute - time.value <= 2 and minute % 30)):
        minute = 0
    elif figures == 1:
        return None
    found = _clock(time.value, minute, words)
    exact = time.text[0] == "0" and found is not None and not found.half
    return Clock(found.hour, found.minute, "exact", found.side) if exact and found else found


def bare_pair(words: dict[str, Word]) -> Clock | None:
    """15.30 with nothing before it that tells a time: only whole five minutes within the day."""
    time = words["time"]
    if not 8 <= time.value <= 20 or time.other % 5 or "," in time.text or re.fullmatch(r"\d+\D\d", time.text):
        return None
    return _written(time, words)


def bare(words: dict[str, Word]) -> Clock | None:
    return None if _is_weak(words["time"]) or words["time"].form == "many" else one_time(words)


def with_ending(words: dict[str, Word]) -> Clock | None:
    """«3-те», «үште»; a bare «3-ке» may be anything but with кейін and the like it is a time."""
    time = words["time"]
    tail = words["tail"].kind if "tail" in words else ""
    is_time = time.form == "loc" or (time.form in ("abl", "dat") and tail) or (time.form == "kk" and tail == "~")
    return one_time(words) if is_time and not _is_weak(time) else None


def _is_weak(word: Word) -> bool:
    """«Онда» is also "then", «бірде» "once", «торте» is about a cake; «бір» and «он» alone are no times either."""
    said = word.text[:1].isalpha()
    return said and word.form in ("kk", "loc") and (word.value in (1, 10) or word.text.startswith("торт"))


def military(words: dict[str, Word]) -> Clock | None:
    hour, minute = divmod(words["time"].value, 100)
    return _clock(hour, minute, words) if 8 <= hour < 19 and minute % 5 == 0 else None


def _is_minutes(word: Word, *, spoken: bool) -> bool:
    return len(word.text) == 2 or (spoken and not word.text[:1].isdigit() and word.value in (0, *range(5, 60)))


def begins(words: dict[str, Word]) -> Clock | None:
    """The beginning of a span; what is said of the half of the day at its end holds for both where that makes sense."""
    first = one_time(words)
    if first is None or first.half:
        return first
    later = {name.removeprefix("late_"): word for name, word in words.items() if name.startswith("late_")}
    last = one_time({**later, "time": words["until"]})
    if last is None:
        return None
    both = replace(first, half=last.half)
    return both if last.half and both.on_24_hours() < last.on_24_hours() else first


def begins_in_kazakh(words: dict[str, Word]) -> Clock | None:
    return begins(words) if words["time"].form == "abl" else None


def from_one_to_another(words: dict[str, Word]) -> Clock | None:
    return one_time({**words, "time": words["until"]})
