"""The port to whoever turns a voice note into words."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, never empty, and in which language (ISO 639-1) when that could be told. ``model`` is who is paid
    for it and ``tokens_in`` and ``tokens_out`` are what its vendor counted; None: nobody is."""

    text: str
    language: str | None = None
    model: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0


class Transcriber(Protocol):
    """One vendor or program that listens."""

    name: str

    async def transcribe_audio(self, audio: bytes, mime_type: str) -> Transcript:
        """The words of one recording. Raises only OutsideError and its kin: Rejected when nothing can be made of it
        (no speech, withheld, a form the vendor does not read), so that asking again is useless."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


def plain_type(mime_type: str) -> str:
    """``audio/ogg; codecs=opus`` → ``audio/ogg``"""
    return mime_type.partition(";")[0].strip().lower()
