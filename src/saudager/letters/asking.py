"""What may be asked of the letters' tasks: by another program over HTTP, by hand in their queue, in code."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from saudager.letters.writing import Commission

_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LONGEST_CONTEXT, MOST_PRODUCTS = 4000, 20


def plain(text: str) -> str:
    """The text without control characters, which no letter needs and PostgreSQL does not take."""
    return _UNSEEN.sub("", text)


def one_line(text: str) -> str:
    """The text in one line, as a subject must be."""
    return " ".join(plain(text).split())


def whole(told: object) -> object:
    """What JSON calls a whole number: 3 and also 3.0."""
    return int(told) if isinstance(told, float) and told.is_integer() else told


LARGEST_ID = 2**53 - 1
"""What every JSON reader keeps exactly."""
Id = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(whole)]
Context = Annotated[
    str,
    Field(max_length=LONGEST_CONTEXT, description="What the letter is about, in your words."),
    AfterValidator(plain),
]
Tone = Annotated[
    str,
    Field(min_length=1, max_length=60, description="professional, friendly, formal, …, or a word of your own."),
    AfterValidator(one_line),
]
Purpose = Literal["offer", "follow_up", "thanks", "news", "service", "win_back"]
Language = Annotated[Literal["ru", "kk", "en"], Field(description="Left out: the recipient's.")]
Products = Annotated[
    list[Id], Field(max_length=MOST_PRODUCTS, description="Ids of the catalogue's products the letter is to offer.")
]


class _Asked(BaseModel):
    """A field nobody knows is passed over, as the callers of such services are used to; a known one of another type is
    refused."""

    model_config = ConfigDict(strict=True, extra="ignore")


class InsightsAsked(_Asked):
    """Insights into what a company buys, for a letter to one of its people."""

    company_id: Id
    person_id: Id
    months_back: Annotated[int, Field(ge=1, le=60), BeforeValidator(whole)] = 12


class LetterAsked(_Asked):
    """A letter to one person."""

    recipient_id: Id
    context: Context = ""
    tone: Tone = "professional"
    purpose: Purpose = "offer"
    products: Products = []
    include_sales_data: bool = True
    language: Language | None = None
    user_id: Annotated[Id | None, Field(description="The operator who signs it; left out: the shop does.")] = None

    @property
    def commission(self) -> Commission:
        """The same as the writing room wants it."""
        told: dict[str, Any] = self.model_dump(exclude={"recipient_id"})
        return Commission(person_id=self.recipient_id, **told | {"products": tuple(self.products)})


class RewriteAsked(_Asked):
    """The same letter in other words; what is left out stays as it was asked for."""

    context: Context | None = None
    tone: Tone | None = None
    purpose: Purpose | None = None
    products: Products | None = None
    include_sales_data: bool | None = None
    language: Language | None = None
    user_id: Id | None = None
