"""Eligibility results as they were told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from bot.conversation.ports import StoredAssessment
from bot.core.codec import decode_all, encode_all
from bot.storage.envelope import place_of
from bot.storage.rows import AssessmentRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, given_all, insertion

_assessment: Final = table(AssessmentRow)

_ADD: Final = compiled(insertion(_assessment))
_PUT: Final = compiled(
    sa.update(_assessment).where(_assessment.c.id == given(_assessment.c.id)).values(given_all(_assessment, "answers"))
)
_OF_CONVERSATION: Final = compiled(
    sa.select(_assessment)
    .where(_assessment.c.conversation_id == given(_assessment.c.conversation_id))
    .order_by(_assessment.c.sequence)
)


class PostgresAssessments:
    """See `Assessments`."""

    __slots__ = ("_on", "_sealing")

    def __init__(self, on: Executor, sealing: Sealing) -> None:
        self._on = on
        self._sealing = sealing

    async def add(self, assessment: StoredAssessment) -> None:
        """Keep a result as it was told."""
        await _ADD.run(
            self._on,
            id=assessment.id,
            conversation_id=assessment.conversation,
            product=assessment.product,
            release=assessment.release,
            outcome=assessment.outcome,
            criteria=dict(assessment.criteria),
            answers=await self._sealing.seal(
                assessment.conversation, _place(assessment.id), encode_all(assessment.answers)
            ),
            created_at=assessment.created_at,
        )

    async def of_conversation(self, conversation: int) -> tuple[StoredAssessment, ...]:
        """See `Assessments.of_conversation`."""
        rows = await _OF_CONVERSATION.rows(self._on, conversation_id=conversation)
        return tuple(await self._sealing.open_all(rows, "answers", lambda row: _place(row["id"]), _assessment_of))

    async def forget_answers(self, conversation: int, names: Collection[str]) -> None:
        """See `Assessments.forget_answers`."""
        for told in await self.of_conversation(conversation):
            left = {name: value for name, value in told.answers.items() if name not in names}
            sealed = await self._sealing.seal(conversation, _place(told.id), encode_all(left))
            await _PUT.run(self._on, id=told.id, answers=sealed)


def _place(assessment: str) -> str:
    return place_of("assessment", "answers", assessment)


def _assessment_of(row: Any, answers: Any) -> StoredAssessment:
    return StoredAssessment(
        row["id"],
        row["conversation_id"],
        row["product"],
        row["release"],
        row["outcome"],
        row["criteria"],
        decode_all(answers),
        row["created_at"],
    )
