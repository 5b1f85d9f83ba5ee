from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import resources
from bot.applications.retention import CLASSES, KEPT, parse_retention
from bot.core.errors import ContentError
from bot.publishing.sources import parse_yaml

SHIPPED: Any = parse_yaml(resources.retention().read_text("utf-8"), "retention.yaml")


def changed(path: str, value: object) -> Any:
    """The shipped rules with one field changed, or removed where the value is None."""
    document = deepcopy(SHIPPED)
    *way, last = path.split(".")
    place = document
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def test_the_shipped_rules_say_of_every_class_how_long_from_when_and_why() -> None:
    rules = parse_retention(SHIPPED)
    assert (set(rules.rules), set(rules.kept)) == (set(CLASSES), set(KEPT))
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert rules.before("ended", now) == now - timedelta(days=1095)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("classes.quotes", None, "classes.quotes: add this field"),
        ("classes.pictures", {"days": 1}, "classes.pictures: this field is not known"),
        ("classes.inbox.days", 1, "classes.inbox.days"),
        ("classes.inbox.days", "long", "classes.inbox.days"),
        ("classes.quotes.from", "told", "classes.quotes.from: 'told' is not known; use one of shown, shown_or_kept"),
        ("classes.quotes.why", " ", "classes.quotes.why: write a text"),
        ("classes.people.days", 90, "classes.people.days: give at least the 180 days of 'forms'"),
        ("kept.audit", None, "kept.audit: add this field"),
    ],
)
def test_a_slip_is_told_with_its_place(path: str, value: object, told: str) -> None:
    with pytest.raises(ContentError, match="retention") as raised:
        parse_retention(changed(path, value))
    assert told in str(raised.value)
