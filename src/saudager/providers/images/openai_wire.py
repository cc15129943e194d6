"""How OpenAI's images are asked for and answered, which other addresses speak as well.

CreateImageRequest, CreateImageEditRequest and ImagesResponse of openai-openapi 2.3.0, read 2026-11: the field of
pictures to keep to is ``image``, repeated.
"""

from collections.abc import Sequence

from pydantic import BaseModel, Field, ValidationError

from saudager.errors import UnrecognisedPayload
from saudager.providers.http_client import Answer, File
from saudager.providers.images import Drawing, NoPicture, Photo
from saudager.providers.images.taking import DRAW

_SIDES_DIVIDE_BY = 16
_ENDINGS = {"image/jpeg": "jpg", "image/webp": "webp"}


class Image(BaseModel):
    """One of the two."""

    b64_json: str | None = None
    url: str | None = None


class Usage(BaseModel):
    input_tokens: int | None = None
    output_tokens: int | None = None


class Images(BaseModel):
    data: list[Image] = Field(default_factory=list)
    usage: Usage | None = None


def size_of(asked: Drawing) -> str:
    """As gpt-image-2 wants it: sides that divide by 16."""
    width, height = (max(round(side / _SIDES_DIVIDE_BY), 1) * _SIDES_DIVIDE_BY for side in (asked.width, asked.height))
    return f"{width}x{height}"


def parts_of(references: Sequence[Photo]) -> list[tuple[str, File]]:
    """Pictures to keep to as parts of a form."""
    return [
        (
            "image",
            (f"reference-{number}.{_ENDINGS.get(photo.mime_type, 'png')}", photo.content, photo.mime_type),
        )
        for number, photo in enumerate(references, 1)
    ]


def read(answer: Answer, vendor: str) -> tuple[Image, Usage]:
    """The first picture of an answer, which has one of its two forms, and what it took. Raises NoPicture when there is
    none."""
    try:
        images = Images.model_validate_json(answer.body)
    except ValidationError:
        raise UnrecognisedPayload(f"{vendor}: {DRAW}: the answer is no list of pictures") from None
    for image in images.data:
        if image.b64_json or image.url:
            return image, images.usage or Usage()
    raise NoPicture(f"{vendor}: {DRAW}: an answer without a picture")
