from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.products.report import quote_report, report_table

TODAY = date(2026, 11, 23)
YEAR: dict[str, object] = {"principal": "100000", "rate": "0.072", "months": "12", "start": "2024-01-31"}
BY_MONTH = ("annuity", "equal_principal", "interest_only", "grace_annuity", "flat_fee")


def _quote(**options: object) -> dict[str, Any]:
    return quote_report({name.replace("_", "-"): value for name, value in {**YEAR, **options}.items()}, TODAY)


def _totals(report: dict[str, Any]) -> tuple[str, ...]:
    return tuple(report[f"total_{name}"] for name in ("principal", "interest", "fee", "paid"))


def test_the_worked_annuity_is_reported_to_the_cent_with_calendar_due_dates() -> None:
    report = _quote(method="annuity")
    assert report["payments"][0] == {
        "n": 1, "date": "2024-02-29", "principal": "8061.90", "interest": "600.00", "fee": "0.00", "payment": "8661.90",
        "balance": "91938.10",
    }  # fmt: skip
    assert [row["payment"] for row in report["payments"]] == ["8661.90"] * 11 + ["8661.85"]
    assert _totals(report) == ("100000.00", "3942.75", "0.00", "103942.75")
    assert report["annual_simple"] == pytest.approx(0.072, abs=1e-5)


def test_equal_principal_is_the_worked_example() -> None:
    payments = _quote(method="equal_principal")["payments"]
    assert (payments[0]["payment"], payments[-1]["payment"]) == ("8933.33", "8383.37")


def test_the_regulators_example_is_found_as_a_flat_fee_of_half_a_percent_with_a_thousand_up_front() -> None:
    report = _quote(method="flat_fee", rate=None, flat_fee_rate="0.005", fee=["upfront:1000"])
    assert {row["payment"] for row in report["payments"][:-1]} == {"8833.33"}
    assert report["net_received"] == "99000.00"
    assert (round(report["annual_simple"], 4), round(report["annual_compound"], 4)) == (0.1280, 0.1358)


def test_upfront_and_monthly_fees_raise_the_cost_and_stand_in_the_totals() -> None:
    report = _quote(method="annuity", fee=["upfront:1000", "monthly:50"])
    assert _totals(report) == ("100000.00", "3942.75", "1600.00", "105542.75")
    assert report["annual_simple"] > 0.1


def test_a_bullet_to_a_day_of_its_own_counts_actual_days_over_the_stated_basis() -> None:
    report = _quote(method="bullet", months=None, maturity="2024-09-30", basis="360")
    assert report["total_interest"] == "4860.00"
    assert report["annual_simple"] == 0.073
    assert report["annual_compound"] == pytest.approx(1.0486 ** (365 / 243) - 1, abs=1e-6)


def test_interest_only_runs_by_month_and_by_day_where_a_basis_is_given() -> None:
    assert _quote(method="interest_only")["payments"][0]["interest"] == "600.00"
    assert _quote(method="interest_only", basis="365")["payments"][0]["interest"] == "572.05"
    assert _quote(method="interest_only", basis="360") == _quote(method="interest_only_daily", basis="360")


def test_grace_months_pay_interest_only() -> None:
    payments = _quote(method="grace_annuity", grace="6")["payments"]
    assert [row["principal"] == "0.00" for row in payments] == [True] * 6 + [False] * 6


def test_a_last_day_that_is_a_due_day_stands_for_the_term() -> None:
    assert _quote(method="annuity", months=None, maturity="2025-01-31") == _quote(method="annuity")


def test_early_settlement_counts_its_fee_and_no_later_interest() -> None:
    report = _quote(method="annuity", settle_after="6", settle_fee_rate="0.01")
    assert len(report["payments"]) == 6
    assert _totals(report)[1:3] == ("2868.60", "508.97")
    assert report["annual_simple"] > 0.072


def test_a_flat_fee_ends_with_early_settlement() -> None:
    report = _quote(method="flat_fee", flat_fee_rate="0.006", settle_after="6")
    assert report["total_fee"] == "3600.00"


def test_a_line_reports_each_repayment_and_receives_its_draws() -> None:
    events = [
        {"date": "2026-03-01", "draw": 100_000},
        {"date": "2026-03-31", "repay": "40000"},
        {"date": "2026-04-10", "draw": Decimal("20000.00")},
        {"date": "2026-04-30", "repay": 80_000},
    ]
    report = quote_report({"method": "revolving", "rate": "0.072", "events": events, "fee": ["upfront:100"]}, TODAY)
    assert [row["payment"] for row in report["payments"]] == ["40591.78", "80433.97"]
    assert report["net_received"] == "119900.00"
    assert _totals(report) == ("120000.00", "1025.75", "100.00", "121125.75")


def test_a_turnover_linked_loan_reports_each_week() -> None:
    report = _quote(
        method="turnover", principal="10000", rate="0.073", months=None, share="0.2", takings=[20_000, 0, "50000"]
    )
    assert [(row["date"], row["payment"]) for row in report["payments"]] == [
        ("2024-02-07", "4000.00"),
        ("2024-02-14", "0.00"),
        ("2024-02-21", "6030.84"),
    ]
    assert report["annual_simple"] == pytest.approx(0.073, abs=1e-4)


def test_a_fixed_fee_of_a_turnover_linked_loan_costs_more_the_sooner_it_is_repaid() -> None:
    terms = {
        "method": "turnover",
        "principal": "10000",
        "rate": None,
        "months": None,
        "flat_fee_rate": "0.05",
        "share": "1",
    }
    slow, fast = (_quote(**terms, takings=[taken] * 50) for taken in (300, 3_000))
    assert slow["total_fee"] == fast["total_fee"] == "500.00"
    assert fast["annual_simple"] > slow["annual_simple"]


def test_the_pay_out_is_today_unless_told() -> None:
    assert _quote(method="annuity", start=None)["payments"][0]["date"] == "2026-12-23"


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, object]:
    """Terms by month with fees of both kinds."""
    method, points = draw(st.sampled_from(BY_MONTH)), draw(st.integers(1, 3600))
    fees = {"upfront": draw(st.integers(0, 500_00)), "monthly": draw(st.integers(0, 50_00))}
    flat = method == "flat_fee"
    return {
        "method": method,
        "principal": Decimal(draw(st.integers(10_000_00, 1_000_000_00))) / 100,
        "rate": None if flat else Decimal(points) / 10_000,
        "months": draw(st.integers(2, 60)),
        "grace": 1 if method == "grace_annuity" else None,
        "flat_fee_rate": Decimal(points) / 100_000 if flat else None,
        "fee": [f"{moment}:{Decimal(cents) / 100}" for moment, cents in fees.items() if cents],
    }


@given(wishes())
def test_every_report_adds_up(wish: dict[str, object]) -> None:
    report = _quote(**wish)
    principal, interest, fee, paid = map(Decimal, _totals(report))
    upfront = principal - Decimal(report["net_received"])
    assert principal == wish["principal"]
    assert principal + interest + fee == paid
    assert sum(Decimal(row["payment"]) for row in report["payments"]) == paid - upfront
    assert report["payments"][-1]["balance"] == "0.00"
    assert report["annual_compound"] >= report["annual_simple"] - 1e-6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "--method is missing"),
        ({"method": "ballon"}, "--method 'ballon' is not known: use one of annuity,"),
        ({"method": "annuity", "principal": None}, "--principal is missing"),
        ({"method": "annuity", "principal": "-5"}, "is not a positive amount in whole cents"),
        ({"method": "annuity", "principal": "1e20"}, "is not a number such as"),
        ({"method": "annuity", "principal": "nan"}, "is not a number such as"),
        ({"method": "annuity", "rate": "7.2"}, "--rate is a fraction from 0 to 1"),
        ({"method": "annuity", "rate": "1e-30"}, "--rate has more than 8 decimal places"),
        ({"method": "annuity", "principal": "1", "fee": ["monthly:1e11"]}, "no annual rate"),
        ({"method": "annuity", "months": "2.5"}, "--months is a whole number from 1"),
        ({"method": "annuity", "start": "31.1.2024"}, "is not a date such as 2026-01-31"),
        ({"method": "annuity", "grace": "3"}, "--grace has no meaning for --method annuity"),
        ({"method": "annuity", "months": None, "maturity": "2024-09-15"}, "is no due day"),
        ({"method": "annuity", "maturity": "2024-09-30"}, "--months and --maturity differ"),
        ({"method": "bullet", "maturity": "2023-09-30"}, "is not after 2024-01-31"),
        ({"method": "bullet", "fee": ["monthly:50"]}, "--fee monthly needs monthly payments"),
        ({"method": "bullet", "basis": "366"}, "--basis '366' is not known"),
        ({"method": "grace_annuity"}, "--grace is missing"),
        ({"method": "grace_annuity", "grace": "12"}, "--grace is a whole number from 1 to 11"),
        ({"method": "annuity", "fee": ["yearly:5"]}, "write upfront:AMOUNT or monthly:AMOUNT"),
        ({"method": "annuity", "fee": ["upfront:100000"]}, "leaves nothing to receive"),
        ({"method": "annuity", "settle_after": "12"}, "settled after 1 to 11 months"),
        ({"method": "annuity", "settle_fee_rate": "0.01"}, "--settle-fee-rate needs --settle-after"),
        ({"method": "flat_fee"}, "--flat-fee-rate is missing"),
        ({"method": "flat_fee", "flat_fee_rate": "0.01"}, "takes the place of interest"),
        ({"method": "revolving"}, "--events is missing"),
        ({"method": "revolving", "events": {}}, "a JSON list that is not empty"),
        ({"method": "revolving", "events": [{"date": "2026-01-01", "lend": 5}]}, "--events, item 1: write"),
        ({"method": "revolving", "events": [{"date": "2023-01-01", "draw": 5}]}, "is after the first event"),
        ({"method": "revolving", "events": [{"date": "2024-02-01", "repay": 5}]}, "only 0.00 are owed"),
        ({"method": "turnover", "takings": [5]}, "--share is missing"),
        ({"method": "turnover", "months": None, "share": "0.1", "takings": [5]}, "still owed after 1 weeks"),
        ({"method": "turnover", "share": "0.1", "takings": ["much"]}, "--takings, week 1: 'much' is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_told_in_one_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        _quote(**options)
    assert message in str(error.value)


def test_the_table_begins_with_the_annual_cost_and_ends_with_the_warning() -> None:
    lines = report_table(_quote(method="annuity")).splitlines()
    assert lines[0].split() == ["All-in", "annual", "cost", "7.20%", "simple,", "7.44%", "compound"]
    assert next(line for line in lines if "2024-02-29" in line).split()[-1] == "91,938.10"
    assert lines[-1].endswith("Loans carry risk; borrow with care.")


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "quote", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_prints_json_for_other_programs(tmp_path: Path) -> None:
    events = tmp_path / "events.json"
    events.write_text('[{"date": "2026-01-01", "draw": 36500.00}, {"date": "2026-01-31", "repay": 36500}]')
    done = _run(
        "--method",
        "revolving",
        "--rate",
        "0.072",
        "--events",
        str(events),
        "--fee",
        "upfront:60",
        "--fee",
        "upfront:40",
        "--json",
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["payments"][0]["payment"] == "36716.00"
    assert report["net_received"] == "36400.00"
    assert report["annual_simple"] > 0.072


def test_the_command_ends_with_2_and_one_sentence_on_bad_input(tmp_path: Path) -> None:
    done = _run("--method", "turnover", "--takings", str(tmp_path / "nowhere.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tillwise: ")
    assert done.stderr.count("\n") == 1
