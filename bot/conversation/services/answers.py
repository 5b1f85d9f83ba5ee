"""Approved answers to the customer's own questions."""

from __future__ import annotations

from typing import Final

from bot.conversation.rendering import trimmed
from bot.conversation.services.call import Call, Result
from bot.publishing.finder import Found

MOST_NEAR: Final = 3
"""Topics offered where a question was not understood for sure."""


async def find_answer(call: Call) -> Result:
    """The approved answer to a free question or on a chosen topic; where none is near enough, those nearest."""
    answers, topic = call.content.answers, call.text("topic")
    if not topic:
        found = await answers.seek(call.text("question"), call.locale)
        if not isinstance(found, Found):
            return Result("unsure", {"near": {near: answers.title(near) for near in found.near[:MOST_NEAR]}})
        topic = found.topic
    await call.work.track(call.conversation.id, "asked", {"topic": topic}, call.now)
    text = trimmed(answers.text(topic, call.market.today(call.now)), call.content.texts)
    return Result("found", {"answer": text, "person": answers.answer(topic).person})
