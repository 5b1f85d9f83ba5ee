"""Approved answers to the customer's own questions."""

from __future__ import annotations

from typing import Final

from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.publishing.answers import Sought

MOST_NEAR: Final = 3
"""Topics offered where a question was not understood for sure, or several were asked."""


async def find_answer(call: Call) -> Result:
    """The approved answer to a free question or on a chosen topic; where none is near enough, those nearest."""
    answers, chosen = call.content.answers, call.text("topic")
    sought = Sought(chosen, ()) if chosen else await answers.seek(call.text("question"), call.locale)
    near = {topic: answers.title(topic) for topic in sought.others[:MOST_NEAR]}
    if sought.topic is None:
        return Result("unsure", {"near": near})
    answer = answers.answer(sought.topic)
    await call.work.track(call.conversation.id, "asked", {"topic": answer.topic}, call.now)
    text = trimmed(answers.text(answer.topic, call.market.today(call.now)), call.content.texts)
    return Result("found", {"answer": text, "person": answer.person, "near": near})
