"""What a customer answered: by plain rules, and where they are not sure, by a hosted model."""

import time

from pydantic import BaseModel

from saudager import prompts
from saudager.app import App
from saudager.errors import OutsideError
from saudager.followups.replies import Reply, read_closely
from saudager.providers.llm import Said, Task


class Understood(BaseModel):
    """A model's reading of an answer."""

    reply: Reply


async def understand(app: App, words: str, offer: str, *, contact_id: int) -> Reply:
    """The answer ``words`` to our line ``offer``; when no model can be had, as the rules read it."""
    read = read_closely(words, offer)
    if read.sure or not words:
        return read.reply
    prompt = await app.db.read(prompts.in_force, "reply", app.settings.prompts_dir)
    task = Task(
        instructions=prompt.fill(offer=offer),
        lines=[Said("customer", words)],
        contact_id=contact_id,
        until=time.monotonic() + app.settings.engine_deadline,
    )
    try:
        return (await app.model.extract(task, Understood)).value.reply
    except OutsideError:
        return read.reply
