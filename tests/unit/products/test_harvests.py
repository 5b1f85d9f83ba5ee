"""A farm's harvests counted by the month."""

from decimal import Decimal

from bot.core.values import Money, Values
from bot.products.harvests import by_the_month, monthly_turnover

HARVEST = Money(Decimal(80_000))
MONTH = Money(Decimal(12_000))


def test_a_farmers_month_is_a_twelfth_of_its_harvests() -> None:
    """Harvests are spread over the year, whatever month was told before."""
    told: Values = {"segment": "farmer", "seasons": 2, "season_income": HARVEST, "monthly_turnover": MONTH}
    assert monthly_turnover(told) == Money(Decimal(13_333))


def test_a_farmer_who_told_a_month_and_no_harvests_keeps_it() -> None:
    """A form that was begun before harvests were asked about stays whole."""
    assert monthly_turnover({"segment": "farmer", "monthly_turnover": MONTH}) == MONTH


def test_harvests_count_for_nobody_but_farmers() -> None:
    """Who has become a trader is counted by the month."""
    told: Values = {"segment": "sole_trader", "seasons": 2, "season_income": HARVEST, "monthly_turnover": MONTH}
    assert by_the_month(told) == {"monthly_turnover": MONTH}


def test_what_is_not_known_is_no_value() -> None:
    """A flow that keeps the month's turnover does not lose what it has to nothing."""
    assert by_the_month({"segment": "farmer", "seasons": 2}) == {}
