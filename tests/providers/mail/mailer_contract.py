"""What a carrier of letters must do, whoever it is: its test class subclasses ``MailerContract``."""

from typing import Protocol

import pytest

from saudager.errors import BadCredentials, Rejected, Unanswered, Unreachable
from saudager.providers.mail import Mailer
from tests.providers.mail.letters import PRICE_LIST, letter
from tests.providers.mail.test_mime import INJECTED


class Rig(Protocol):
    """A carrier's fake and the client that talks to it, on a clock that waits for nobody."""

    mailer: Mailer

    def carried(self) -> list[str]:
        """The Message-IDs of the letters the fake has taken."""
        ...

    def refuse_key(self) -> None: ...
    def refuse_letters(self) -> None: ...
    def cut_after_taking(self) -> None:
        """The next letter is taken, and the connection cut before that is told."""
        ...

    async def vanish(self) -> None:
        """Nobody listens there any more."""
        ...


class MailerContract:
    """Subclasses give the fixture ``rig``."""

    async def test_a_letter_is_carried_and_its_id_told(self, rig: Rig):
        assert await rig.mailer.send(letter())
        assert rig.carried() == ["0c4f@shop.kz"]

    async def test_several_letters_are_carried_one_after_the_other(self, rig: Rig):
        for number in range(5):
            await rig.mailer.send(letter(own_id=f"letter:{number}", message_id=f"{number}@shop.kz"))
        assert rig.carried() == [f"{number}@shop.kz" for number in range(5)]

    async def test_a_letter_of_text_alone_and_one_with_files_are_carried(self, rig: Rig):
        await rig.mailer.send(letter(own_id="1", html=None, enclosures=(), references=(), in_reply_to=None))
        await rig.mailer.send(letter(own_id="2", enclosures=(PRICE_LIST,)))
        assert len(rig.carried()) == 2

    @pytest.mark.parametrize("changed", INJECTED)
    async def test_what_would_become_a_header_is_refused_before_anybody_is_asked(self, rig: Rig, changed):
        with pytest.raises(Rejected):
            await rig.mailer.send(letter(**changed))
        assert rig.carried() == []

    async def test_a_carrier_that_works_is_ready(self, rig: Rig):
        assert (await rig.mailer.status()).ready

    async def test_a_key_that_is_not_accepted_is_told_with_the_carriers_words(self, rig: Rig):
        rig.refuse_key()
        with pytest.raises(BadCredentials):
            await rig.mailer.send(letter())
        status = await rig.mailer.status()
        assert not status.ready
        assert status.reason
        assert rig.carried() == []

    async def test_a_letter_it_will_never_take_is_not_tried_again(self, rig: Rig):
        rig.refuse_letters()
        with pytest.raises(Rejected):
            await rig.mailer.send(letter())
        assert rig.carried() == []

    async def test_a_letter_that_was_perhaps_taken_is_unanswered(self, rig: Rig):
        rig.cut_after_taking()
        with pytest.raises(Unanswered):
            await rig.mailer.send(letter())
        assert rig.carried() == ["0c4f@shop.kz"]

    async def test_a_carrier_that_is_not_there_has_certainly_not_taken_it(self, rig: Rig):
        await rig.vanish()
        with pytest.raises(Unreachable):
            await rig.mailer.send(letter())

    async def test_it_goes_on_after_a_failure(self, rig: Rig):
        rig.cut_after_taking()
        with pytest.raises(Unanswered):
            await rig.mailer.send(letter())
        await rig.mailer.send(letter(own_id="letter:13", message_id="second@shop.kz"))
        assert rig.carried()[-1] == "second@shop.kz"

    async def test_closing_twice_does_no_harm(self, rig: Rig):
        await rig.mailer.send(letter())
        await rig.mailer.close()
        await rig.mailer.close()
