"""A shop with a CRM and sequences, its clock standing still."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from tests.sequences.course import Course

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="спрашивает цену")
OpenCourse = Callable[..., Awaitable[Course]]


@pytest.fixture
def open_course(open_shop: Any) -> OpenCourse:
    async def open_one(**settings: Any) -> Course:
        return Course(await open_shop(model=ScriptedModel(everybody=CLIENT), **settings))

    return open_one


@pytest.fixture
async def course(open_course: OpenCourse) -> Course:
    return await open_course()
