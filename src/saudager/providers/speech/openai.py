"""Voice notes through OpenAI's transcriptions: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav or webm, known by the file's
name, at most 25 MB (CreateTranscriptionRequest of openai-openapi, read 2026-11)."""

from pydantic import BaseModel, Field, ValidationError

from saudager.clock import Clock
from saudager.errors import OutsideError, Rejected, UnrecognisedPayload
from saudager.providers.http_client import Answer, HttpClient
from saudager.providers.speech import Transcript, plain_type

_ASKED = "put a voice note into words"
_ENDINGS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/webm": "webm",
}
_USUAL_ENDING = "ogg"


class _Language(BaseModel):
    code: str


class _Usage(BaseModel):
    """By tokens, or by seconds of a recording: those carry a price per minute, which no price list of tokens knows."""

    input_tokens: int = 0
    output_tokens: int = 0


class _Transcription(BaseModel):
    text: str
    usage: _Usage | None = None
    languages: list[_Language] = Field(default_factory=list)


class OpenAITranscriber:
    """``deadline`` is in seconds and for one recording."""

    name = "openai"

    def __init__(self, *, base_url: str, model: str, api_key: str, deadline: float, clock: Clock) -> None:
        self._model = model
        self._http = HttpClient(
            "OpenAI",
            base_url,
            clock=clock,
            headers={"Authorization": f"Bearer {api_key}"},
            secrets=[api_key],
            timeout=deadline,
            sort=_sorted,
        )

    async def transcribe_audio(self, audio: bytes, mime_type: str) -> Transcript:
        kind = plain_type(mime_type)
        answer = await self._http.call(
            "POST",
            "/audio/transcriptions",
            asked=_ASKED,
            form={"model": self._model, "response_format": "json"},
            files={"file": (f"note.{_ENDINGS.get(kind, _USUAL_ENDING)}", audio, kind)},
        )
        try:
            heard = _Transcription.model_validate_json(answer.body)
        except ValidationError:
            raise UnrecognisedPayload(f"OpenAI: {_ASKED}: the answer is no transcription") from None
        if not heard.text.strip():
            raise Rejected(f"OpenAI: {_ASKED}: no words are heard")
        language, used = heard.languages[0].code if heard.languages else None, heard.usage or _Usage()
        return Transcript(heard.text.strip(), language, self._model, used.input_tokens, used.output_tokens)

    async def close(self) -> None:
        await self._http.close()


def _sorted(answer: Answer) -> type[OutsideError] | None:
    """Money that is spent is a 429 like too many requests."""
    return Rejected if b"insufficient_quota" in answer.body else None
