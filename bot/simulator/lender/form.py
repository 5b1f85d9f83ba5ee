"""The lender's own form for identity and account, reached by a signed link that ends. What is typed there stays at the lender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from bot.applications.stages import FINAL
from bot.core.clock import Clock
from bot.gateways.lender.forms import BadLink, LinkOver, check_link
from bot.simulator.lender.desk import Desk
from bot.simulator.lender.errors import Refusal
from bot.simulator.lender.pages import page
from bot.simulator.lender.records import Record

OF_AGE: Final = 18
LARGEST: Final = 16 * 1024

State = Literal["open", "filled", "over", "replaced", "closed"]


def form_router(desk: Desk, secrets: Sequence[str], clock: Clock) -> APIRouter:
    """The routes under `/forms`: the page, and what is filled in."""
    router = APIRouter(prefix="/forms/{reference}")

    def opened(request: Request, reference: str) -> tuple[Record, State]:
        record = desk.record(reference)
        try:
            ends = check_link(reference, request.query_params, secrets, clock.now())
        except BadLink:
            raise Refusal(404, "unknown-reference") from None
        except LinkOver:
            return record, "over"
        if record.form_filled_at is not None:
            return record, "filled"
        if record.stage in FINAL:
            return record, "closed"
        return record, "open" if desk.open_form(reference, (ends, request.query_params["id"])) else "replaced"

    @router.get("")
    async def read(request: Request, reference: str) -> HTMLResponse:
        record, state = opened(request, reference)
        return _page(request, record, state)

    @router.post("", max_body_size=LARGEST)
    async def fill(request: Request, reference: str) -> HTMLResponse:
        record, state = opened(request, reference)
        if state != "open":
            return _page(request, record, state)
        async with request.form(max_files=0, max_fields=8) as form:
            given = {name: str(value) for name, value in form.items()}
        today = clock.now().date()
        faults = wrong(given, today)
        warns = not faults and not region_known(given["identity"]) and given.get("sure") != "yes"
        if faults or warns:
            return _page(request, record, "open", faults, warns=warns, given=given)
        return _page(request, desk.fill_form(reference), "filled")

    return router


def wrong(given: Mapping[str, str], today: date) -> dict[str, str]:
    """Which fields cannot be right, and why: `form`, `check` or `age` of the identity number, `card`, `consent`."""
    faults: dict[str, str] = {}
    identity = ric.compact(given.get("identity", ""))
    if len(identity) != 18 or not (identity[:-1].isascii() and identity[:-1].isdigit()):
        faults["identity"] = "form"
    elif identity[-1] != ric.calc_check_digit(identity):
        faults["identity"] = "check"
    elif not _of_age(identity, today):
        faults["identity"] = "age"
    card = given.get("card", "").replace(" ", "").replace("-", "")
    if not (card.isascii() and card.isdigit() and 16 <= len(card) <= 19 and luhn.is_valid(card)):
        faults["card"] = "card"
    if given.get("consent") != "yes":
        faults["consent"] = "consent"
    return faults


def region_known(identity: str) -> bool:
    """Whether the number's region is in our table, which lacks newer counties and residents of Hong Kong, Macao and Taiwan."""
    try:
        ric.get_birth_place(identity)
    except ValidationError:
        return False
    return True


def _of_age(identity: str, today: date) -> bool:
    try:
        born = ric.get_birth_date(identity)
    except ValidationError:
        return False
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) >= OF_AGE


def _page(  # noqa: PLR0913 -- all that the page shows
    request: Request,
    record: Record,
    state: State,
    faults: Mapping[str, str] | None = None,
    *,
    warns: bool = False,
    given: Mapping[str, str] | None = None,
) -> HTMLResponse:
    return page(
        "form",
        request.query_params.get("lang") or record.submitted.locale,
        status=410 if state in ("over", "replaced") else 422 if faults or warns else 200,
        state=state,
        reference=record.reference,
        faults=faults or {},
        warns=warns,
        given=given or {},
    )
