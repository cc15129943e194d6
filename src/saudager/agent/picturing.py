"""Showing a customer what a product looks like: only pictures a person accepted, and told as what they are."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from saudager.agent import courtesy
from saudager.agent.briefing import OpenTurn
from saudager.app import App
from saudager.contracts import Media
from saudager.conversations import transcript
from saudager.conversations.models import Author
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


def to_choose(session: Session, words: str, settings: Settings) -> list[Shown]:
    """Pictures a person may send: of what the words mean, or the newest."""
    return showing.to_choose(session, words, called=synonyms.in_force(settings.knowledge_folder).own)


async def chosen(app: App, conversation_id: int, picture_id: int) -> Media:
    """A picture a person has chosen, with what stands below it in his customer's language.

    Raises Refused for a picture nobody has accepted, NotFound for a file that is gone.
    """
    shown, language = await app.db.read(_chosen, conversation_id, picture_id)
    media = await showing.ready_for_chat(app, shown)
    return media.model_copy(update={"caption": captioned(shown, language, is_first=True)})


def _chosen(session: Session, conversation_id: int, picture_id: int) -> tuple[Shown, Language]:
    lines = transcript.recent(session, conversation_id, limit=_LINES_BEFORE)
    theirs = [line.text for line in lines if line.author == Author.CUSTOMER and line.text]
    return showing.one(session, picture_id), courtesy.of_lines(theirs)


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
