"""Eligibility results as they were told."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from bot.conversation.ports import StoredAssessment
from bot.core.codec import decode_all, encode_all
from bot.storage.envelope import place_of
from bot.storage.rows import AssessmentRow, table
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor, compiled, given, insertion

_assessment: Final = table(AssessmentRow)

_ADD: Final = compiled(insertion(_assessment))
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
