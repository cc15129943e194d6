"""What a series shows: a car, or any other product."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Car(BaseModel):
    """A car; what is left empty is not known."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["car"] = "car"
    brand: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    model: _Words = ""
    year: Annotated[int, Field(ge=1885, le=2100)] | None = None
    color: _Words = ""
    body_type: _Words = ""

    @property
    def title(self) -> str:
        return " ".join(filter(None, (self.brand, self.model, str(self.year or ""), self.color, self.body_type)))

    @property
    def searched(self) -> str:
        """What the web is asked about."""
        return " ".join(filter(None, (self.brand, self.model, str(self.year or ""), self.body_type)))


class Thing(BaseModel):
    """Any other product."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["product"] = "product"
    name: _Name
    brand: _Words = ""
    color: _Words = ""
    details: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    @property
    def title(self) -> str:
        return " ".join(filter(None, (self.name, self.color)))

    @property
    def searched(self) -> str:
        """What the web is asked about."""
        return " ".join(filter(None, (self.brand, self.name)))


Subject = Annotated[Car | Thing, Field(discriminator="kind")]
SUBJECT: TypeAdapter[Car | Thing] = TypeAdapter(Subject)
