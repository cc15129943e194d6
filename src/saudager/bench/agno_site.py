"""A bare Agno agent behind a web service."""

from agno.agent import Agent
from agno.models.openai.like import OpenAILike
from fastapi import FastAPI

agent = Agent(
    model=OpenAILike(id="none", api_key="none", base_url="http://127.0.0.1:9/v1"),
    system_message="Ты продавец.",
    telemetry=False,
)
site = FastAPI()


@site.get("/health")
def health() -> dict[str, str]:
    """It answers."""
    return {"status": "healthy"}


@site.post("/answer")
async def answer(text: str) -> str:
    """What the agent says to a customer's line."""
    return str((await agent.arun(text)).content)
