"""The hosted transcribers over real HTTP, the local one on a stand-in of its package, and which one is chosen."""

import asyncio
import importlib.machinery
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from saudager.bootstrap import bootstrap
from saudager.clock import SystemClock
from saudager.errors import ConfigurationError, Rejected
from saudager.providers.speech import Transcriber, Transcript
from saudager.providers.speech.faster_whisper import FasterWhisperTranscriber
from saudager.providers.speech.gemini import GeminiTranscriber
from saudager.providers.speech.openai import OpenAITranscriber
from tests.fakes.transcribers import MODEL, Vendor
from tests.providers.speech.transcriber_contract import VOICE, WHATSAPP, Open, TranscriberContract

PROMPT = "Запиши дословно."


class TestGemini(TranscriberContract):
    kind = "gemini"

    def make(self, **options: Any) -> Transcriber:
        return GeminiTranscriber(model=MODEL, prompt=PROMPT, clock=SystemClock(), **options)

    async def test_it_is_told_how_to_write_down_what_it_hears(self, open_it: Open, vendor: Vendor) -> None:
        await open_it().transcribe_audio(VOICE, WHATSAPP)
        assert vendor.prompts == [PROMPT]
        assert vendor.recordings == [(VOICE, "audio/ogg")]

    @pytest.mark.parametrize("end", ["SAFETY", "PROHIBITED_CONTENT", "MAX_TOKENS", "OTHER"])
    async def test_words_that_are_withheld_or_cut_are_rejected(self, open_it: Open, vendor: Vendor, end: str) -> None:
        vendor.says('{"language": "ru", "text": "Сколько', end)
        assert end in str(await self.fails(open_it(), Rejected))

    async def test_a_recording_that_is_blocked_is_rejected(self, open_it: Open, vendor: Vendor) -> None:
        vendor.answer = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 130}}
        assert "SAFETY" in str(await self.fails(open_it(), Rejected))


class TestOpenAI(TranscriberContract):
    kind = "openai"

    def make(self, **options: Any) -> Transcriber:
        return OpenAITranscriber(model=MODEL, clock=SystemClock(), **options)

    @pytest.mark.parametrize(
        ("kind", "name"), [(WHATSAPP, "note.ogg"), ("audio/mpeg", "note.mp3"), ("audio/x-m4a", "note.m4a")]
    )
    async def test_the_file_has_an_ending_the_vendor_knows(
        self, open_it: Open, vendor: Vendor, kind: str, name: str
    ) -> None:
        await open_it().transcribe_audio(VOICE, kind)
        assert vendor.recordings == [(VOICE, name)]

    async def test_a_model_that_tells_no_languages_is_understood(self, open_it: Open, vendor: Vendor) -> None:
        vendor.answer = {"text": " Здравствуйте "}
        assert await open_it().transcribe_audio(VOICE, WHATSAPP) == Transcript("Здравствуйте", model=MODEL)


class StandInModel:
    """In the place of faster-whisper's model, whose package and weights are not here."""

    said: tuple[str, ...] = (" Сколько стоит", " окно?")
    error: Exception | None = None
    opened: list[dict[str, Any]]
    at_once = busiest = 0

    def __init__(self, folder: str, **options: Any) -> None:
        self.opened.append({"folder": folder, **options})

    def transcribe(self, recording: Any) -> tuple[list[Any], Any]:
        if self.error is not None:
            raise self.error
        type(self).at_once += 1
        type(self).busiest = max(self.busiest, self.at_once)
        assert recording.read() == VOICE
        type(self).at_once -= 1
        return [types.SimpleNamespace(text=text) for text in self.said], types.SimpleNamespace(language="ru")


@pytest.fixture
def whisper_package(monkeypatch: pytest.MonkeyPatch) -> type[StandInModel]:
    model = type("Model", (StandInModel,), {"opened": []})
    package = types.ModuleType("faster_whisper")
    package.__spec__ = importlib.machinery.ModuleSpec("faster_whisper", None)
    package.WhisperModel = model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    return model


async def test_whisper_listens_on_this_machine_and_loads_its_folder_once(
    whisper_package: type[StandInModel], tmp_path: Path
) -> None:
    whisper = FasterWhisperTranscriber(model=tmp_path)
    heard = await asyncio.gather(*(whisper.transcribe_audio(VOICE, WHATSAPP) for _ in range(3)))
    assert heard == [Transcript("Сколько стоит окно?", "ru")] * 3
    assert whisper_package.opened == [{"folder": str(tmp_path), "compute_type": "int8", "local_files_only": True}]
    assert whisper_package.busiest == 1


@pytest.mark.parametrize("trouble", [{"said": ()}, {"error": ValueError("no audio stream")}])
async def test_whisper_rejects_what_it_hears_nothing_in(
    whisper_package: type[StandInModel], tmp_path: Path, trouble: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(whisper_package, name, value)
    with pytest.raises(Rejected):
        await FasterWhisperTranscriber(model=tmp_path).transcribe_audio(VOICE, WHATSAPP)


async def test_whisper_without_its_package_or_its_folder_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="faster-whisper"):
        FasterWhisperTranscriber(model=tmp_path)
    with pytest.raises(ConfigurationError, match="WHISPER_MODEL_PATH holds"):
        FasterWhisperTranscriber(model=tmp_path / "none")


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, None),
        ({"gemini_api_key": "k", "openai_api_key": "k"}, "gemini"),
        ({"openai_api_key": "k"}, "openai"),
        ({"openai_api_key": "k", "gemini_api_key": "k", "transcribers": "openai, gemini"}, "openai"),
        ({"openai_api_key": "k", "transcribers": "gemini"}, None),
        ({"openrouter_api_key": "k"}, None),
    ],
)
async def test_the_first_of_the_order_that_has_a_key_listens(settings: Any, given: Any, chosen: str | None) -> None:
    app = bootstrap(settings(**given), poll=None)
    try:
        assert (app.transcriber and app.transcriber.name) == chosen
    finally:
        await app.close()


async def test_a_folder_of_whisper_is_used_when_there_is_no_key(
    settings: Any, whisper_package: type[StandInModel], tmp_path: Path
) -> None:
    app = bootstrap(settings(whisper_model_path=tmp_path), poll=None)
    try:
        assert isinstance(app.transcriber, FasterWhisperTranscriber)
    finally:
        await app.close()
