from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.gateways.lender.forms import HOLDS, BadLink, HostedForm, LinkOver, check_link
from bot.simulator.lender.form import region_known, wrong

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
OLD, NEW = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
REFERENCE = "RG-2026-004217"
GIVEN = {"identity": "110101199003074610", "card": "6222 0212 3456 7890 128", "consent": "yes"}


def made(*secrets: str) -> tuple[str, dict[str, str]]:
    address, until = HostedForm("https://lender.example/forms/{reference}", secrets).link(REFERENCE, "zh", NOW)
    assert until == NOW + HOLDS
    parts = urlsplit(address)
    return parts.path, dict(parse_qsl(parts.query))


def test_a_link_holds_for_its_application_until_its_end() -> None:
    path, query = made(NEW)
    assert path == f"/forms/{REFERENCE}"
    assert check_link(REFERENCE, query, (NEW,), NOW + HOLDS - timedelta(seconds=1)) == NOW + HOLDS
    with pytest.raises(LinkOver):
        check_link(REFERENCE, query, (NEW,), NOW + HOLDS)


@pytest.mark.parametrize(
    "change", [{"id": "form_other"}, {"until": "1999999999"}, {"until": "soon"}, {"signature": "v1,x"}]
)
def test_a_changed_link_is_none(change: dict[str, str]) -> None:
    with pytest.raises(BadLink):
        check_link(REFERENCE, made(NEW)[1] | change, (NEW,), NOW)


def test_a_link_is_for_one_application_and_for_those_who_share_a_secret() -> None:
    query = made(NEW, OLD)[1]
    check_link(REFERENCE, query, (OLD,), NOW)
    with pytest.raises(BadLink):
        check_link("RG-2026-004218", query, (NEW,), NOW)
    with pytest.raises(BadLink):
        check_link(REFERENCE, made(NEW)[1], (OLD,), NOW)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, {}),
        ({"identity": "11010119900307461"}, {"identity": "form"}),
        ({"identity": "110101199003074611"}, {"identity": "check"}),
        ({"card": "6222021234567890129"}, {"card": "card"}),
        ({"card": "４０００"}, {"card": "card"}),
        ({"consent": ""}, {"consent": "consent"}),
    ],
)
def test_what_cannot_be_right_is_told_by_field(change: dict[str, str], faults: dict[str, str]) -> None:
    assert wrong(GIVEN | change, date(2026, 11, 28)) == faults


def test_a_minor_and_a_day_that_is_to_come_are_refused() -> None:
    assert wrong(GIVEN, date(2008, 3, 6)) == {"identity": "age"}
    assert wrong(GIVEN, date(2008, 3, 7)) == {}


def test_a_region_that_is_not_in_the_table_is_no_fault() -> None:
    permit = GIVEN | {"identity": "810000199408230021"}
    assert wrong(permit, date(2026, 11, 28)) == {}
    assert (region_known(GIVEN["identity"]), region_known(permit["identity"])) == (True, False)
