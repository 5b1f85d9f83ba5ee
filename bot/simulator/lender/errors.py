"""What the lender answers when it will not."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from bot.core.errors import TillwiseError


class Refusal(TillwiseError):  # noqa: N818 — an answer of the lender's, not a fault
    """The lender does not do what was asked: an HTTP status and a code for programs, never what was sent."""

    def __init__(self, status: int, code: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.fields = fields


async def answer_refusal(_: Request, refusal: Exception) -> JSONResponse:
    """A refusal as JSON: `{"code", "fields"}`."""
    if not isinstance(refusal, Refusal):
        raise refusal
    return JSONResponse({"code": refusal.code, "fields": list(refusal.fields)}, refusal.status)
