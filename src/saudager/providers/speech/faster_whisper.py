"""Voice notes on this machine: a Whisper model from a folder, through the package faster-whisper; none is fetched."""

import asyncio
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from saudager.errors import ConfigurationError, Rejected
from saudager.providers.speech import Transcript

_ASKED = "put a voice note into words"


class FasterWhisperTranscriber:
    """Listens to one recording at a time, in a thread that is waited for; the model is loaded with the first.

    ``model`` is a folder in CTranslate2's form (``model.bin``, ``config.json``, …). Raises ConfigurationError when the
    folder or the package is not there.
    """

    name = "whisper"

    def __init__(self, *, model: Path) -> None:
        if not model.is_dir():
            raise ConfigurationError(f"WHISPER_MODEL_PATH holds {str(model)!r}: expected the folder of a Whisper model")
        if find_spec("faster_whisper") is None:
            raise ConfigurationError(
                "WHISPER_MODEL_PATH needs the package faster-whisper: pip install 'saudager[speech]'"
            )
        self._folder = model
        self._model: Any = None
        self._one_at_a_time = asyncio.Lock()

    async def transcribe_audio(self, audio: bytes, mime_type: str) -> Transcript:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._listen, audio)

    async def close(self) -> None:
        """Nothing is held open."""

    def _listen(self, audio: bytes) -> Transcript:
        try:
            if self._model is None:
                self._model = self._open()
            segments, heard = self._model.transcribe(BytesIO(audio))
            text = "".join(segment.text for segment in segments).strip()
        except Exception as error:  # whatever it and its decoders raise for what is no model or no recording
            raise Rejected(f"Whisper: {_ASKED}: {type(error).__name__}: {error}") from error
        if not text:
            raise Rejected(f"Whisper: {_ASKED}: no words are heard")
        return Transcript(text, heard.language)

    def _open(self) -> Any:
        from faster_whisper import WhisperModel

        return WhisperModel(str(self._folder), compute_type="int8", local_files_only=True)
