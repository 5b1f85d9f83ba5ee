"""The lender's own page on which a customer reads and signs the contract; its address is hard to guess and holds no name."""

from __future__ import annotations

import hmac

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bot.applications.stages import Stage
from bot.simulator.lender.desk import Desk
from bot.simulator.lender.errors import Refusal
from bot.simulator.lender.labels import PRODUCT_LABELS
from bot.simulator.lender.pages import page
from bot.simulator.lender.records import Record, agreed, contract_key, next_instalment


def contract_router(desk: Desk) -> APIRouter:
    """The routes under `/contracts`: read, and sign."""
    router = APIRouter(prefix="/contracts/{reference}/{key}")

    @router.get("")
    async def read(reference: str, key: str) -> HTMLResponse:
        return _page(_record(desk, reference, key))

    @router.post("")
    async def sign(reference: str, key: str) -> HTMLResponse:
        _record(desk, reference, key)
        return _page(desk.sign(reference))

    return router


def _record(desk: Desk, reference: str, key: str) -> Record:
    record = desk.record(reference)
    if not hmac.compare_digest(contract_key(record).encode(), key.encode()):
        raise Refusal(404, "unknown-reference")
    return record


def _page(record: Record) -> HTMLResponse:
    contract = agreed(record)
    product, locale = record.submitted.product, record.submitted.locale
    zh, en = PRODUCT_LABELS.get(product, (product, product))
    return page(
        "contract",
        locale,
        open=record.stage is Stage.SIGNING,
        signed=record.stage in (Stage.DISBURSING, Stage.DISBURSED, Stage.REPAYING, Stage.SETTLED, Stage.COLLATERAL),
        reference=record.reference,
        product=zh if locale.startswith("zh") else en,
        amount=f"{contract.amount.value:,.2f} {contract.amount.currency}",
        months=contract.months,
        rate=f"{contract.rate * 100:.2f}",
        instalment=f"{next_instalment(record)['amount']['value']} {contract.amount.currency}",
    )
