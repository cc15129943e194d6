"""The transcriber that hears what it was told to: the double that ships, for tests, rehearsals and benches."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

from saudager.clock import Clock, SystemClock
from saudager.providers.speech import Transcript

Heard = str | Transcript | Exception
"""Words, a whole transcript, or an error to raise."""


class ScriptedTranscriber:
    """Hears its transcripts in turn; when they run out, the recording's own bytes as a text in UTF-8.

    ``listening`` seconds pass on the clock for each recording. While ``hold`` is set to an event that has not fired,
    each waits for it. ``recordings`` keeps the bytes and the MIME type of all it was given.
    """

    name = "scripted"

    def __init__(
        self,
        transcripts: Iterable[Heard] | Callable[[bytes], Heard] = (),
        *,
        listening: float = 0.0,
        hold: asyncio.Event | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.listening = listening
        self.hold = hold
        self.recordings: list[tuple[bytes, str]] = []
        self._clock = clock or SystemClock()
        self._compose = transcripts if callable(transcripts) else None
        self._queue = iter(()) if callable(transcripts) else iter(transcripts)

    async def transcribe_audio(self, audio: bytes, mime_type: str) -> Transcript:
        """The next transcript; raises it when it is an error."""
        self.recordings.append((audio, mime_type))
        heard = self._compose(audio) if self._compose is not None else next(self._queue, audio.decode())
        if self.listening:
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=self.listening))
        if self.hold is not None:
            await self.hold.wait()
        if isinstance(heard, Exception):
            raise heard
        return heard if isinstance(heard, Transcript) else Transcript(heard)

    async def close(self) -> None:
        """Nothing to close."""
