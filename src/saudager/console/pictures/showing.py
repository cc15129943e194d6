"""Where the files of pictures are served on this site."""

from saudager.studio import drawing
from saudager.studio.models import Picture, PictureSeries


def large(picture: Picture) -> str:
    """The address of the whole picture."""
    return f"/{picture.path}"


def small(picture: Picture) -> str:
    """The address of its thumbnail."""
    return f"/{drawing.thumbnail_of(picture.path or '')}"


def photo(series: PictureSeries) -> tuple[str, str] | None:
    """The addresses of the merchant's own photo and its thumbnail."""
    return None if series.photo is None else (f"/{series.photo}", f"/{drawing.thumbnail_of(series.photo)}")
