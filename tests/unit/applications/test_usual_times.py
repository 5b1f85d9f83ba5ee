"""How long a stage usually takes, as configured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.applications.stages import RULES, Actor, Stage
from bot.applications.usual_times import UsualTime, parse_usual_times
from bot.core.errors import ContentError
from bot.publishing.sources import read_documents

SHIPPED = read_documents()["usual_times"]


def test_every_stage_in_which_somebody_else_acts_has_its_times() -> None:
    awaited = {stage for stage, rule in RULES.items() if rule.actor is not Actor.CUSTOMER}
    assert parse_usual_times(SHIPPED).keys() == awaited


def test_durations_are_written_in_hours_or_days() -> None:
    assert parse_usual_times(SHIPPED)[Stage.SUBMITTED] == UsualTime(timedelta(hours=4), timedelta(days=1))


@pytest.mark.parametrize(
    ("document", "remedy"),
    [
        ([], "write stages"),
        ({**SHIPPED, "signing": {"half": "1 day", "most": "2 days"}}, "nobody is waited for"),
        ({name: times for name, times in SHIPPED.items() if name != "approved"}, "approved: it is missing"),
        ({**SHIPPED, "approved": {"half": "1 day"}}, "write `half` and `most`"),
        ({**SHIPPED, "approved": {"half": "soon", "most": "1 day"}}, "4 hours or 2 days"),
        ({**SHIPPED, "approved": {"half": "2 days", "most": "1 day"}}, "shorter than `half`"),
    ],
)
def test_what_is_wrong_is_said_with_a_remedy(document: Any, remedy: str) -> None:
    with pytest.raises(ContentError, match=remedy):
        parse_usual_times(document)
