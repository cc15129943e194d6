"""Who listens to voice notes."""

from collections.abc import Callable

from saudager import prompts
from saudager.app import App
from saudager.clock import Clock
from saudager.providers.speech import Transcriber
from saudager.settings import Settings


def open_transcriber(settings: Settings, clock: Clock) -> Transcriber | None:
    """The first of the settings' order that has a key (on this machine: a model), None when none has."""
    for name in settings.transcribers:
        needed, open_it = _TRANSCRIBERS[name]
        if getattr(settings, needed):
            return open_it(settings, clock)
    return None


def reset_transcriber(app: App, settings: Settings) -> None:
    """Let the first of ``settings`` listen, once a key of any has changed."""
    if all(getattr(settings, key) == getattr(app.settings, key) for key, _ in _TRANSCRIBERS.values()):
        return
    if app.transcriber is not None:
        app.retiring.append(app.transcriber.close())  # its notes may still be under way: with the program's end
    app.transcriber = open_transcriber(settings, app.clock)


def _open_gemini(settings: Settings, clock: Clock) -> Transcriber:
    from saudager.providers.speech.gemini import GeminiTranscriber

    assert settings.gemini_api_key is not None
    return GeminiTranscriber(
        base_url=settings.gemini_base_url,
        model=settings.gemini_speech_model,
        api_key=settings.gemini_api_key.get_secret_value(),
        prompt=prompts.load("transcription", settings.prompts_dir).text,
        deadline=settings.transcription_deadline,
        clock=clock,
    )


def _open_openai(settings: Settings, clock: Clock) -> Transcriber:
    from saudager.providers.speech.openai import OpenAITranscriber

    assert settings.openai_api_key is not None
    return OpenAITranscriber(
        base_url=settings.openai_base_url,
        model=settings.openai_speech_model,
        api_key=settings.openai_api_key.get_secret_value(),
        deadline=settings.transcription_deadline,
        clock=clock,
    )


def _open_whisper(settings: Settings, clock: Clock) -> Transcriber:
    from saudager.providers.speech.faster_whisper import FasterWhisperTranscriber

    assert settings.whisper_model_path is not None
    return FasterWhisperTranscriber(model=settings.whisper_model_path)


_TRANSCRIBERS: dict[str, tuple[str, Callable[[Settings, Clock], Transcriber]]] = {
    "gemini": ("gemini_api_key", _open_gemini),
    "openai": ("openai_api_key", _open_openai),
    "whisper": ("whisper_model_path", _open_whisper),
}
"""The setting each needs, and how it is opened."""
