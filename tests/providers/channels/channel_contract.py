"""What a messenger must do, whoever the vendor is: a vendor's test class subclasses ``ChannelContract`` when it is
polled, and ``AnyChannelContract`` when it keeps nothing that could be asked for."""

import asyncio
import itertools
from typing import Protocol, cast

import pytest

from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.channels import Channel, KnowingChannel, OutgoingPicture, PicturingChannel, PolledChannel

CHAT = "77750000002@c.us"
OTHER_CHAT = "77750000003@c.us"
PICTURE = OutgoingPicture(b"\x89PNG\r\n\x1a\na picture", "image/png", "table.png")


class AnyRig(Protocol):
    """A fake vendor over real HTTP and the channel that talks to it, with time-outs short enough for a test.

    Faults have the names of ``tests.fakes.faults``; ``what`` is "send" or, of a polled messenger, "lines".
    """

    @property
    def channel(self) -> Channel: ...

    retry_after: int

    def customer_writes(self, chat: str, text: str, *, at: float) -> str: ...
    def sent(self) -> list[tuple[str, str, str | None]]:
        """(chat, text, quoted message) of everything that went out, oldest first."""
        ...

    def fail(self, what: str, *faults: str) -> None: ...
    def calls(self, what: str) -> int: ...
    def unreachable(self) -> Channel:
        """A channel whose vendor nobody serves."""
        ...


class CourteousRig(AnyRig, Protocol):
    """The same for a messenger with quotes and read marks."""

    def unread(self, chat: str) -> int: ...


class Rig(CourteousRig, Protocol):
    """The same for a messenger that is polled."""

    @property
    def channel(self) -> PolledChannel: ...

    tells_apis: bool
    """Whether the vendor's lines tell what an API sent."""

    def human_writes(self, chat: str, text: str, *, at: float) -> str: ...
    def fail_always(self, what: str, fault: str) -> None: ...
    def busiest(self) -> int:
        """The most requests handled at one moment, now that each takes a little while."""
        ...

    def answer_slowly(self) -> None: ...
    def unreachable(self) -> PolledChannel: ...


class AnyChannelContract:
    """Subclasses provide the fixture ``rig``, and ``chat`` where a phone number makes none."""

    chat = CHAT

    async def test_a_sent_text_reaches_its_chat_and_has_an_id(self, rig: AnyRig) -> None:
        first = await rig.channel.send(self.chat, "Добрый день!")
        second = await rig.channel.send(self.chat, "Чем помочь?")
        assert rig.sent() == [(self.chat, "Добрый день!", None), (self.chat, "Чем помочь?", None)]
        assert first
        assert second
        assert first != second

    @pytest.mark.parametrize("fault", ["400", "404", "not_done"])
    async def test_a_refused_send_is_rejected_and_not_repeated(self, rig: AnyRig, fault: str) -> None:
        rig.fail("send", fault)
        with pytest.raises(Rejected):
            await rig.channel.send(self.chat, "Добрый день!")
        assert rig.calls("send") == 1

    async def test_a_send_with_a_key_that_is_not_accepted_is_bad_credentials_and_not_tried_again(
        self, rig: AnyRig
    ) -> None:
        rig.fail("send", "401")
        with pytest.raises(BadCredentials):
            await rig.channel.send(self.chat, "Добрый день!")
        assert rig.calls("send") == 1

    async def test_a_rate_limited_send_says_how_long_to_wait_and_is_not_repeated(self, rig: AnyRig) -> None:
        rig.fail("send", "429")
        with pytest.raises(RateLimited) as limited:
            await rig.channel.send(self.chat, "Добрый день!")
        assert limited.value.retry_after == rig.retry_after
        assert rig.calls("send") == 1

    @pytest.mark.parametrize("fault", ["500", "cut_before", "cut_after", "hang", "hang_after", "garbage"])
    async def test_a_send_whose_answer_is_lost_may_have_arrived_and_is_not_repeated(
        self, rig: AnyRig, fault: str
    ) -> None:
        rig.fail("send", fault)
        with pytest.raises(Unanswered):
            await rig.channel.send(self.chat, "Добрый день!")
        assert rig.calls("send") == 1

    async def test_a_vendor_nobody_serves_is_unreachable(self, rig: AnyRig) -> None:
        nobody = rig.unreachable()
        with pytest.raises(Unreachable):
            await nobody.send(self.chat, "Добрый день!")
        await nobody.close()


class PicturingRig(AnyRig, Protocol):
    """The same for a messenger that takes pictures; ``what`` may be "send_picture" too."""

    @property
    def channel(self) -> PicturingChannel: ...

    def pictures(self) -> list[tuple[str, str, bytes, str]]:
        """(chat, caption, content, MIME type) of the pictures that went out, oldest first."""
        ...


class PicturingChannelContract:
    """What a messenger that takes pictures must do besides."""

    async def test_a_picture_reaches_its_chat_with_the_words_below_it(self, rig: PicturingRig) -> None:
        first = await rig.channel.send_picture(CHAT, PICTURE, "Стол, спереди")
        second = await rig.channel.send_picture(CHAT, PICTURE, "Стол, сбоку")
        content = (PICTURE.content, "image/png")
        assert rig.pictures() == [(CHAT, "Стол, спереди", *content), (CHAT, "Стол, сбоку", *content)]
        assert first
        assert first != second

    @pytest.mark.parametrize(
        ("fault", "error"), [("400", Rejected), ("401", BadCredentials), ("429", RateLimited), ("404", Rejected)]
    )
    async def test_a_picture_that_is_not_taken_says_why_and_is_not_repeated(
        self, rig: PicturingRig, fault: str, error: type[Exception]
    ) -> None:
        rig.fail("send_picture", fault)
        with pytest.raises(error):
            await rig.channel.send_picture(CHAT, PICTURE, "Стол")
        assert rig.calls("send_picture") == 1
        assert rig.pictures() == []

    @pytest.mark.parametrize("fault", ["500", "cut_after", "hang_after", "garbage"])
    async def test_a_picture_whose_answer_is_lost_may_have_arrived_and_is_not_repeated(
        self, rig: PicturingRig, fault: str
    ) -> None:
        rig.fail("send_picture", fault)
        with pytest.raises(Unanswered):
            await rig.channel.send_picture(CHAT, PICTURE, "Стол")
        assert rig.calls("send_picture") == 1


class CourteousChannelContract:
    """What a messenger with quotes and read marks must do besides."""

    async def test_an_answer_can_quote_the_line_it_answers(self, rig: CourteousRig) -> None:
        question = rig.customer_writes(CHAT, "Сколько стоит окно?", at=100)
        await rig.channel.send(CHAT, "45 000 ₸", reply_to=question)
        assert rig.sent() == [(CHAT, "45 000 ₸", question)]

    async def test_a_line_is_marked_read_when_asked(self, rig: CourteousRig) -> None:
        message_id = rig.customer_writes(CHAT, "Здравствуйте", at=100)
        await rig.channel.mark_read(CHAT, message_id)
        assert rig.unread(CHAT) == 0


class ChannelContract(AnyChannelContract, CourteousChannelContract):
    """The same and more for a messenger that is polled."""

    async def test_our_own_message_is_found_again_by_its_id_and_never_taken_for_a_persons(self, rig: Rig) -> None:
        message_id = await rig.channel.send(CHAT, "Добрый день!")
        (line,) = await rig.channel.lines(CHAT, limit=10, offset=0)
        assert (line.message_id, line.from_us, line.text) == (message_id, True, "Добрый день!")
        assert line.from_api is (True if rig.tells_apis else None)

    async def test_our_own_picture_is_found_again_by_the_words_below_it(self, rig: Rig) -> None:
        channel = cast(PicturingChannel, rig.channel)
        message_id = await channel.send_picture(CHAT, PICTURE, "Стол, спереди")
        (line,) = await rig.channel.lines(CHAT, limit=10, offset=0)
        assert (line.message_id, line.from_us, line.text) == (message_id, True, "Стол, спереди")

    async def test_what_the_merchant_types_on_the_phone_is_ours_but_not_the_apis(self, rig: Rig) -> None:
        rig.customer_writes(CHAT, "Здравствуйте", at=100)
        rig.human_writes(CHAT, "Слушаю вас", at=101)
        typed, asked = await rig.channel.lines(CHAT, limit=10, offset=0)
        assert (typed.from_us, typed.from_api) == (True, False if rig.tells_apis else None)
        assert (asked.from_us, asked.from_api) == (False, False)

    async def test_a_read_with_a_key_that_is_not_accepted_is_bad_credentials_and_not_tried_again(
        self, rig: Rig
    ) -> None:
        rig.fail("lines", "401")
        with pytest.raises(BadCredentials):
            await rig.channel.lines(CHAT, limit=10, offset=0)
        assert rig.calls("lines") == 1

    async def test_a_vendor_nobody_serves_is_unreachable_for_reads(self, rig: Rig) -> None:
        nobody = rig.unreachable()
        with pytest.raises(Unreachable):
            await nobody.lines(CHAT, limit=10, offset=0)
        await nobody.close()

    @pytest.mark.parametrize("fault", ["500", "429", "cut_before", "hang"])
    async def test_a_read_is_repeated_three_times_and_the_last_may_succeed(self, rig: Rig, fault: str) -> None:
        rig.customer_writes(CHAT, "Здравствуйте", at=100)
        rig.fail("lines", fault, fault, fault)
        (line,) = await rig.channel.lines(CHAT, limit=10, offset=0)
        assert line.text == "Здравствуйте"
        assert rig.calls("lines") == 4

    @pytest.mark.parametrize(
        ("fault", "error"), [("500", Unreachable), ("cut_after", Unreachable), ("429", RateLimited)]
    )
    async def test_a_read_that_keeps_failing_is_given_up_after_three_repeats(
        self, rig: Rig, fault: str, error: type[Exception]
    ) -> None:
        rig.fail_always("lines", fault)
        with pytest.raises(error):
            await rig.channel.lines(CHAT, limit=10, offset=0)
        assert rig.calls("lines") == 4

    async def test_pages_of_a_chat_are_newest_first_and_continue_each_other(self, rig: Rig) -> None:
        for second in range(5):
            rig.customer_writes(CHAT, f"строка {second}", at=100 + second)
        rig.customer_writes(OTHER_CHAT, "чужая строка", at=200)
        first = await rig.channel.lines(CHAT, limit=3, offset=0)
        second_page = await rig.channel.lines(CHAT, limit=3, offset=3)
        assert [line.text for line in first] == ["строка 4", "строка 3", "строка 2"]
        assert [line.text for line in second_page] == ["строка 1", "строка 0"]
        assert await rig.channel.lines(CHAT, limit=3, offset=6) == []

    async def test_the_chat_list_is_newest_first_and_tells_the_last_line(self, rig: Rig) -> None:
        rig.customer_writes(CHAT, "первый", at=100)
        last = rig.customer_writes(OTHER_CHAT, "второй", at=101)
        newest, _ = chats = await rig.channel.chats(limit=10, offset=0)
        assert [chat.chat for chat in chats] == [OTHER_CHAT, CHAT]
        assert (newest.last_message_id, newest.last_at.timestamp(), newest.phone_number) == (last, 101, "77750000003")

    async def test_looking_never_marks_anything_read(self, rig: Rig) -> None:
        rig.customer_writes(CHAT, "Здравствуйте", at=100)
        await rig.channel.chats(limit=10, offset=0)
        await rig.channel.lines(CHAT, limit=10, offset=0)
        assert rig.unread(CHAT) == 1

    async def test_calls_made_at_once_reach_the_vendor_one_at_a_time(self, rig: Rig) -> None:
        rig.customer_writes(CHAT, "Здравствуйте", at=100)
        rig.customer_writes(OTHER_CHAT, "Салем", at=100)
        rig.answer_slowly()
        pages = await asyncio.gather(
            *(
                rig.channel.lines(chat, limit=10, offset=0)
                for chat in itertools.islice(itertools.cycle((CHAT, OTHER_CHAT)), 6)
            )
        )
        assert [page[0].chat for page in pages] == [CHAT, OTHER_CHAT] * 3
        assert rig.busiest() == 1


class KnowingRig(AnyRig, Protocol):
    """The same for a messenger that tells whether a number is on it; ``what`` may be "check" too."""

    @property
    def channel(self) -> KnowingChannel: ...

    def is_absent(self, chat: str) -> None:
        """The number behind the chat is not on the messenger."""
        ...


class KnowingChannelContract:
    """What a messenger that tells whether a number is on it must do besides."""

    async def test_it_tells_whether_a_number_can_be_written_to(self, rig: KnowingRig) -> None:
        rig.is_absent(OTHER_CHAT)
        assert await rig.channel.has_account(CHAT) is True
        assert await rig.channel.has_account(OTHER_CHAT) is False

    @pytest.mark.parametrize(
        ("fault", "error"),
        [("400", Rejected), ("404", Rejected), ("401", BadCredentials), ("garbage", UnrecognisedPayload)],
    )
    async def test_a_check_that_fails_says_how(self, rig: KnowingRig, fault: str, error: type[Exception]) -> None:
        rig.fail("check", fault)
        with pytest.raises(error):
            await rig.channel.has_account(CHAT)
