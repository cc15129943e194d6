"""Voice notes through Gemini: the recording goes inside the request, the words come back as JSON.

Forms it reads inline: wav, mp3, aiff, aac, ogg, flac, without parameters such as ``codecs=opus``
(https://ai.google.dev/gemini-api/docs/audio, read 2026-11).
"""

from base64 import b64encode

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, Rejected, UnrecognisedPayload
from saudager.providers.http_client import Answer, HttpClient
from saudager.providers.speech import Transcript, plain_type

_ASKED = "put a voice note into words"
_ITS_NAMES = {"audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav"}
_USUAL_ENDS = (None, "STOP", "FINISH_REASON_UNSPECIFIED")
_WANTED = {
    "type": "object",
    "properties": {"language": {"type": "string"}, "text": {"type": "string"}},
    "required": ["language", "text"],
    "propertyOrdering": ["language", "text"],
}


class _Told(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Part(_Told):
    text: str = ""
    thought: bool = False


class _Content(_Told):
    parts: list[_Part] = Field(default_factory=list)


class _Candidate(_Told):
    content: _Content = Field(default_factory=_Content)
    finish_reason: str | None = None


class _Feedback(_Told):
    block_reason: str | None = None


class _Usage(_Told):
    prompt_token_count: int = 0
    candidates_token_count: int = 0
    thoughts_token_count: int = 0


class _Generated(_Told):
    usage_metadata: _Usage = Field(default_factory=_Usage)
    candidates: list[_Candidate] = Field(default_factory=list)
    prompt_feedback: _Feedback = Field(default_factory=_Feedback)


class _Words(BaseModel):
    text: str
    language: str = ""


class GeminiTranscriber:
    """``prompt`` tells how to write down what is heard; ``deadline`` is in seconds and for one recording."""

    name = "gemini"

    def __init__(self, *, base_url: str, model: str, api_key: str, prompt: str, deadline: float, clock: Clock) -> None:
        self._model = model
        self._path = f"/v1beta/models/{model}:generateContent"
        self._prompt = prompt
        self._http = HttpClient(
            "Gemini",
            base_url,
            clock=clock,
            headers={"x-goog-api-key": api_key},
            secrets=[api_key],
            timeout=deadline,
            sort=_sorted,
        )

    async def transcribe_audio(self, audio: bytes, mime_type: str) -> Transcript:
        kind = plain_type(mime_type)
        recording = {"mimeType": _ITS_NAMES.get(kind, kind), "data": b64encode(audio).decode()}
        body = {
            "contents": [{"role": "user", "parts": [{"text": self._prompt}, {"inlineData": recording}]}],
            "generationConfig": {
                "temperature": 0,
                "responseMimeType": "application/json",
                "responseSchema": _WANTED,
            },
        }
        answer = await self._http.call("POST", self._path, asked=_ASKED, body=body)
        return self._read(answer)

    async def close(self) -> None:
        await self._http.close()

    def _read(self, answer: Answer) -> Transcript:
        try:
            generated = _Generated.model_validate_json(answer.body)
            if why := _withheld(generated):
                raise Rejected(f"Gemini: {_ASKED}: withheld ({why})")
            said = "".join(part.text for part in generated.candidates[0].content.parts if not part.thought)
            words = _Words.model_validate_json(said)
        except (ValidationError, IndexError):
            raise UnrecognisedPayload(f"Gemini: {_ASKED}: the answer holds no words of the kind asked for") from None
        if not words.text.strip():
            raise Rejected(f"Gemini: {_ASKED}: no words are heard")
        used = generated.usage_metadata
        return Transcript(
            words.text.strip(),
            words.language.strip().lower() or None,
            self._model,
            used.prompt_token_count,
            used.candidates_token_count + used.thoughts_token_count,
        )


def _withheld(generated: _Generated) -> str | None:
    if generated.prompt_feedback.block_reason:
        return generated.prompt_feedback.block_reason
    ended = generated.candidates[0].finish_reason if generated.candidates else None
    return None if ended in _USUAL_ENDS else ended


def _sorted(answer: Answer) -> type[OutsideError] | None:
    """A wrong key is a 400 here, and a day's quota a 429 like the minute's."""
    if b"API_KEY_INVALID" in answer.body:
        return BadCredentials
    return Rejected if b"PerDay" in answer.body else None
