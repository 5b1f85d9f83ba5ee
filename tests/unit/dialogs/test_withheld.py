"""Numbers that must not stand in a chat are taken out of it, and nothing else is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from bot.dialogs.events import Attached, Pressed, Said
from bot.dialogs.withheld import MASK, without_numbers
from tests.unit.dialogs.flows import NOW


def typed(text: str) -> Said:
    event = without_numbers(Said(NOW, text, "1"))
    assert isinstance(event, Said)
    return event


@given(
    region=st.integers(110000, 829999),
    born=st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    rest=st.integers(0, 999),
    check=st.sampled_from("0123456789Xx"),
    gap=st.sampled_from(("", " ", "-", ".", "\u3000", " \u2014 ", "\n")),
)
def test_a_resident_number_is_never_kept_even_with_a_slip_in_it(
    region: int, born: date, rest: int, check: str, gap: str
) -> None:
    number = gap.join((f"{region}", f"{born:%Y%m%d}", f"{rest:03}{check}"))
    event = typed(f"我的身份证 {number}，请查收")
    assert event.withheld == "identity"
    assert event.text == f"我的身份证 {MASK},请查收"


@given(st.integers(10**14, 10**18 - 1), st.sampled_from(("", " ", "  ", "-", "\u3000")))
def test_a_bank_card_is_never_kept(digits: int, gap: str) -> None:
    bare = f"62{digits}"[:18]
    number = bare + luhn.calc_check_digit(bare)
    event = typed(gap.join(number[start : start + 4] for start in range(0, len(number), 4)))
    assert (event.text, event.withheld is not None) == (MASK, True)


@pytest.mark.parametrize(
    "text",
    [
        "13800138000", "+86 138 0013 8000", "30万", "300,000", "91110000600037341L", "９１１１００００６０００３７３４１Ｌ",
        "2026-11-20 2027-11-20", "订单 20261120123456789", "010-65001234", "1234567890123456789012345",
    ],
)  # fmt: skip
def test_phones_amounts_licence_codes_and_orders_are_left_as_they_are(text: str) -> None:
    assert typed(text) == Said(NOW, text, "1")


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("ID110101199003074610thanks", "ID•••thanks", "identity"),
        ("１１０１０１　１９９００３０７　４６１ｘ", MASK, "identity"),
        ("1 1 0 1 0 1 1 9 9 0 0 3 0 7 4 6 1 0", MASK, "identity"),
        ("110101199003074610 6222021234567890128", "••• •••", "identity"),
        ("110101199003074610. 2个人", "•••. 2个人", "identity"),
        ("4111 1111 1111 1111 13800138000", "••• 13800138000", "bank_card"),
        ("622202 1234567890128", MASK, "bank_card"),
        ("30000 50000 200000", "30000 50000 200000", None),
    ],
)
def test_groups_and_neighbours_do_not_hide_a_number(text: str, masked: str, kind: str | None) -> None:
    event = typed(text)
    assert (event.text, event.withheld) == (masked, kind)


def test_what_stands_under_a_photo_is_masked_too() -> None:
    event = without_numbers(Attached(NOW, "photo", "file", caption="110101199003074610"))
    assert isinstance(event, Attached)
    assert event.caption == MASK


def test_a_press_is_left_alone() -> None:
    assert without_numbers(Pressed(NOW, "1.1.110101199003074610")) == Pressed(NOW, "1.1.110101199003074610")
