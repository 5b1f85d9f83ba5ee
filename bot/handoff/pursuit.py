"""How far a manager has come with a customer, as the manager says: a lead is contacted, visited, won or lost.

This is apart from where the lead stands with the desk (`LeadStatus`): a chat may be over long before a contract is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

Pursuit = Literal["contacted", "visiting", "won", "lost"]
PURSUITS: Final[tuple[Pursuit, ...]] = get_args(Pursuit)

LOST_REASONS: Final = ("cost", "criteria", "elsewhere", "no_need", "no_answer", "other")
"""Why a customer is lost, as managers choose."""

PASS_REASONS: Final = ("busy", "not_mine", "language", "acquainted", "other")
"""Why a manager does not take a lead: no time, another's field, another language, knows the customer privately."""

LONGEST_REMARK: Final = 1000
"""Characters of a remark that are kept."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a manager has noted about a customer, for managers only; `by` is the manager's name then."""

    at: datetime
    by: str
    text: str
