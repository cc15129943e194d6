"""What a page sends is plain text: invisible control characters, which a database may not even store, are refused."""

import re

from fastapi import HTTPException, Request

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""All but the tab and the ends of lines."""


async def plain_text(request: Request) -> None:
    """A dependency for routes; 422 for a control character in the address or in a field of the form."""
    query, form = request.query_params.multi_items(), (await request.form()).multi_items()
    written = (*request.path_params.values(), *(value for _, value in (*query, *form)))
    if any(isinstance(text, str) and _CONTROL.search(text) for text in written):
        raise HTTPException(
            422, "В тексте есть невидимые служебные знаки. Вставьте его без оформления (Ctrl+Shift+V) и повторите."
        )
