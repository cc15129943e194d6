"""What every hosted transcriber must do: a vendor's test class subclasses ``TranscriberContract``."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.speech import Transcriber, Transcript
from tests.fakes.serving import refused_url
from tests.fakes.transcribers import KEY, MODEL, FakeTranscribers, Vendor

VOICE = b"OggS\x00\x02" + bytes(range(256)) * 40
WHATSAPP = "audio/ogg; codecs=opus"

Open = Callable[..., Transcriber]


class TranscriberContract:
    """Subclasses say which vendor it is and how a transcriber is opened on it."""

    kind: str

    def make(self, **options: Any) -> Transcriber:
        """A transcriber with the options ``base_url``, ``api_key`` and ``deadline``."""
        raise NotImplementedError

    @pytest.fixture
    async def vendor(self) -> AsyncIterator[Vendor]:
        async with FakeTranscribers() as vendors:
            yield getattr(vendors, self.kind)

    @pytest.fixture
    async def open_it(self, vendor: Vendor) -> AsyncIterator[Open]:
        opened: list[Transcriber] = []

        def open_one(**options: Any) -> Transcriber:
            opened.append(self.make(**{"base_url": vendor.base_url, "api_key": KEY, "deadline": 10.0} | options))
            return opened[-1]

        yield open_one
        for transcriber in opened:
            await transcriber.close()

    async def test_a_recording_goes_out_whole_and_comes_back_as_words(self, open_it: Open, vendor: Vendor) -> None:
        heard = await open_it().transcribe_audio(VOICE, WHATSAPP)
        assert heard == Transcript("Сколько стоит окно?", "ru", MODEL, 120, 10)
        assert [audio for audio, _ in vendor.recordings] == [VOICE]
        assert vendor.wrong == []

    @pytest.mark.parametrize("kind", ["audio/ogg", "audio/mpeg", "Audio/WAV", "audio/flac"])
    async def test_what_messengers_send_is_named_as_the_vendor_names_it(
        self, open_it: Open, vendor: Vendor, kind: str
    ) -> None:
        await open_it().transcribe_audio(VOICE, kind)
        assert vendor.wrong == []

    async def test_a_language_that_cannot_be_told_is_none(self, open_it: Open, vendor: Vendor) -> None:
        vendor.hears("Мм, ага", None)
        assert (await open_it().transcribe_audio(VOICE, WHATSAPP)).language is None

    @pytest.mark.parametrize("silence", ["", " \n"])
    async def test_a_recording_without_words_is_rejected(self, open_it: Open, vendor: Vendor, silence: str) -> None:
        vendor.hears(silence, None)
        await self.fails(open_it(), Rejected)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("refused", Rejected),
            ("too_large", Rejected),
            ("no_model", Rejected),
            ("quota", Rejected),
            ("rate_limit", RateLimited),
            ("bad_key", BadCredentials),
            ("forbidden", BadCredentials),
            ("server", Unanswered),
            ("overloaded", Unanswered),
            ("cut", Unanswered),
            ("garbage", UnrecognisedPayload),
            ("odd", UnrecognisedPayload),
        ],
    )
    async def test_a_failure_is_sorted_by_what_to_do_about_it_and_not_repeated_here(
        self, open_it: Open, vendor: Vendor, fault: str, error: type[OutsideError]
    ) -> None:
        vendor.fail(fault)
        await self.fails(open_it(), error)
        assert vendor.calls == 1

    async def test_a_vendor_that_never_answers_is_left_at_the_deadline(self, open_it: Open, vendor: Vendor) -> None:
        vendor.fail("hang")
        await self.fails(open_it(deadline=0.2), Unanswered)

    async def test_a_vendor_nobody_serves_is_unreachable(self, open_it: Open) -> None:
        await self.fails(open_it(base_url=refused_url()), Unreachable)

    async def test_no_key_stands_in_an_error_or_in_the_log(
        self, open_it: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = "wrong-speech-key"
        with caplog.at_level(logging.DEBUG):
            error = await self.fails(open_it(api_key=wrong), BadCredentials)
            await open_it().transcribe_audio(VOICE, WHATSAPP)
        assert "Not a key of ours" in str(error)
        assert wrong not in str(error)
        assert wrong not in caplog.text
        assert KEY not in caplog.text

    async def fails(self, transcriber: Transcriber, kind: type[OutsideError]) -> OutsideError:
        with pytest.raises(OutsideError) as caught:
            await transcriber.transcribe_audio(VOICE, WHATSAPP)
        assert type(caught.value) is kind
        return caught.value
