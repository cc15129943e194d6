"""Pictures that go out: read from where both services keep files, and made sure of before a messenger gets them."""

import re

from saudager.app import App
from saudager.contracts import Media, OutgoingMessage
from saudager.errors import BadCredentials, NotFound, Rejected, Unreachable
from saudager.providers.channels import LARGEST_PICTURE, PICTURE_KINDS, Channel, OutgoingPicture
from saudager.providers.images import kind_of

_PATH = re.compile(r"pictures/[\w-]+(?:\.\w+){1,2}", re.ASCII)
_NOT_OURS = "Картинка не из тех, что хранит магазин"
_GONE = "Файла картинки больше нет"
_UNFIT = "Такую картинку мессенджеры не берут: нужна JPEG или PNG до 5 МБ"
_TAKES_NONE = "Этот канал не передаёт картинок, и ссылки на неё нет"


def as_it_can_go(channel: Channel, outgoing: OutgoingMessage) -> OutgoingMessage:
    """The message, with a link below its words where the messenger takes no pictures and there is one."""
    media = outgoing.media
    if media is None or media.link is None or hasattr(channel, "send_picture"):
        return outgoing
    return outgoing.model_copy(update={"message_text": f"{outgoing.message_text}\n{media.link}", "media": None})


async def picture_of(app: App, channel: Channel, media: Media) -> OutgoingPicture:
    """What the messenger is handed; raises Rejected for what it would never take, Unreachable when the file cannot be
    read now."""
    if not hasattr(channel, "send_picture"):
        raise Rejected(_TAKES_NONE)
    picture = await read(app, media)
    if picture.mime_type not in PICTURE_KINDS or len(picture.content) > LARGEST_PICTURE:
        raise Rejected(_UNFIT)
    return picture


async def read(app: App, media: Media) -> OutgoingPicture:
    """A picture of ours, of the kind its bytes are.

    Raises Rejected for one that is not there, Unreachable when the storage cannot be had.
    """
    path = media.path or ""
    if not _PATH.fullmatch(path):
        raise Rejected(_NOT_OURS)
    try:
        content = await app.media.get(path)
    except NotFound:
        raise Rejected(_GONE) from None
    except BadCredentials as error:  # of the storage: the messenger's own are another matter
        raise Unreachable(str(error)) from error
    name = media.file_name or path.rpartition("/")[2]
    return OutgoingPicture(content, kind_of(content), name)
