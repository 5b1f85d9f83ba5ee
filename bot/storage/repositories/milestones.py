"""Milestones: the steps of a customer's way that the figures count."""

from __future__ import annotations

from typing import Final

from bot.storage.rows import MilestoneRow, table
from bot.storage.sql import compiled, insertion

TRACK: Final = compiled(insertion(table(MilestoneRow)))
