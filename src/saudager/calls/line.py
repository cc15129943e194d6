"""A customer's line as a row of words, each of a kind that the grammar of times can look at.

The kinds, one sign each, so that a rule is a regular expression over ``Line.kinds``:

===  =========================================  ===  =========================================
N O  number, ordinal («17-го», «пятого»)        C    a time of day as it is written, 15:30
X    two figures: 17.03, 15-30, 3-4             F    a date with its year
B    a longer number                            U    a number that counts or measures
H 1  hours, one hour                            S I  сағат, minutes
A G  half an hour, «полпятого»                  h q  half, quarter;  j l  жарым, жарты;  m  полтора
P J  part of the day, «дня»                     L Z  lunch, noon and midnight;  f  first, second
R W  tomorrow and the like, weekday             M T  month, «числа»
K E  day, week                                  Q Y  month (a span), year
v k  at, by                                     i ~  for, about
p e  after, before                              s r  from, in (a while);  t  to;  |  between
b y  without, past                              g +  ago, later
> =  next, this                                 <    last (week)
o u  or, and                                    , ;  end of a clause, «а», «но»
! ^  refusal, «нет»                             w §  a correction, a story told
V &  a vague word about time, work              % *  what is counted by the hour; a wish
"    an opening quotation mark
n x  a word a number may count, a talking word  ? #  any other word, «подойдёт»
_    nothing to the grammar                     d c  what is read already: a day, a clock, …
===  =========================================  ===  =========================================
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Word:
    """One word, figure or sign of a line; the value of a date is its ordinal, 0 when there is no such day."""

    text: str
    kind: str
    value: float = 0
    form: str = ""
    other: int = 0
    """The second figure of a pair or of a clock."""


@dataclass(slots=True)
class Line:
    """The words of a line and their kinds, which a rule overwrites once it has read them."""

    words: list[Word]
    kinds: str = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = "".join(word.kind for word in self.words)

    def take(self, start: int, end: int, kind: str) -> None:
        """Words ``start`` to ``end`` are read, and were a ``kind`` together."""
        self.kinds = f"{self.kinds[:start]}{kind}{'_' * (end - start - 1)}{self.kinds[end:]}"
