"""Showing a customer what a product looks like: only pictures a person accepted, and told as what they are."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from saudager.agent import courtesy
from saudager.agent.briefing import OpenTurn
from saudager.app import App
from saudager.contracts import Media
from saudager.errors import NotFound
from saudager.knowledge import synonyms
from saudager.languages import Language
from saudager.languages.seeing import sight_in
from saudager.settings import Settings
from saudager.studio import angles, showing
from saudager.studio.showing import Shown

_LINES_BEFORE = 4
_ILLUSTRATION: dict[Language, str] = {
    "ru": "Это иллюстрация, а не фото: сам товар может немного отличаться.",
    "kk": "Бұл фото емес, иллюстрация: тауардың өзі сәл өзгеше болуы мүмкін.",
    "en": "This is an illustration, not a photo: the product itself may look a little different.",
}
_ANGLES: dict[Language, dict[str, str]] = {
    "ru": {angle: title for angle, (title, _) in angles.KNOWN.items()},
    "kk": {
        "front": "алдынан",
        "side": "бүйірінен",
        "rear": "артынан",
        "three_quarter": "қырынан",
        "interior": "іші",
        "detail": "бөлшегі",
    },
    "en": {
        "front": "front",
        "side": "side",
        "rear": "rear",
        "three_quarter": "three-quarter view",
        "interior": "inside",
        "detail": "detail",
    },
}


def asked_to_see(turn: OpenTurn) -> list[str]:
    """The new lines that want to see something."""
    return [line for line in turn.new_words if sight_in(line)]


def fitting(session: Session, turn: OpenTurn, asked: Sequence[str], settings: Settings) -> list[Shown]:
    """Pictures of what is asked for; of what the customer spoke of before, where the words name nothing."""
    before = [said.text for said in reversed(turn.history) if said.author == "customer"][:_LINES_BEFORE]
    texts = [*asked, *reversed(turn.new_words), *before]
    return showing.fitting(session, texts, called=synonyms.in_force(settings.knowledge_folder).own)


def captioned(shown: Shown, language: Language, *, is_first: bool) -> str:
    """What stands below it; the first of them says what they are."""
    words = f"{shown.title}, {_ANGLES[language].get(shown.angle, shown.angle)}"
    return f"{words}\n{_ILLUSTRATION[language]}" if is_first else words


async def ready(app: App, turn: OpenTurn, shown: Sequence[Shown]) -> list[tuple[int, Media]]:
    """The pictures as they go out, each with its id; one whose file is gone is left out."""
    language, made = courtesy.of_lines(turn.new_words), list[tuple[int, Media]]()
    for one in shown:
        try:
            media = await showing.ready_for_chat(app, one)
        except NotFound:
            continue
        caption = captioned(one, language, is_first=not made)
        made.append((one.id, media.model_copy(update={"caption": caption})))
    return made
