"""The lender's interface for the bot: signed applications, documents and wishes in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile

from bot.core.clock import Clock
from bot.gateways.lender.client import content_digest
from bot.gateways.signatures import Unauthorised, check
from bot.simulator.lender.desk import Desk
from bot.simulator.lender.errors import Refusal
from bot.simulator.lender.labels import DOCUMENT_LABELS
from bot.simulator.lender.records import Record, Submitted, details

LARGEST_APPLICATION: Final = 256 * 1024
LARGEST_UPLOAD: Final = 21 * 1024 * 1024
MOST_PAGES: Final = 20
_Answer = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
_Model = TypeVar("_Model", bound=BaseModel)


class Wish(BaseModel):
    """What a customer wants done with an application; both are signed, so that neither can be exchanged."""

    reference: str
    action: str


class Correction(BaseModel):
    """Answers that a customer has put right, by their names; the signed body repeats the reference."""

    reference: str
    answers: Annotated[dict[_Answer, Annotated[str, Field(max_length=2000)]], Field(min_length=1, max_length=50)]


def intake_router(desk: Desk, secrets: Sequence[str], clock: Clock) -> APIRouter:
    """The routes under `/applications`. Every request is signed; a wrong signature or time is answered 401."""
    router = APIRouter(prefix="/applications")

    def signed(request: Request, content: str | bytes) -> None:
        try:
            check(request.headers, content, secrets, clock.now())
        except Unauthorised:
            raise Refusal(401, "bad-signature") from None

    async def wish(request: Request, reference: str, action: str) -> None:
        body = await request.body()
        signed(request, body)
        if _read(Wish, body) != Wish(reference=reference, action=action):
            raise Refusal(422, "not-this-application")

    @router.post("", status_code=201, max_body_size=LARGEST_APPLICATION)
    async def submit(request: Request) -> dict[str, Any]:
        body = await request.body()
        signed(request, body)
        key = _key(request)
        return _status(desk.submit(_read(Submitted, body), key, str(request.base_url).rstrip("/")))

    @router.get("/{reference}")
    async def status(request: Request, reference: str) -> dict[str, Any]:
        signed(request, reference)
        return _status(desk.record(reference))

    @router.post("/{reference}/documents", max_body_size=LARGEST_UPLOAD)
    async def document(request: Request, reference: str) -> dict[str, Any]:
        digest = _digest(request, await request.body())
        signed(request, digest)
        async with request.form(max_files=MOST_PAGES, max_fields=4) as form:
            name = form.get("document")
            files = [file for file in form.getlist("file") if isinstance(file, UploadFile)]
            if form.get("reference") != reference or name not in DOCUMENT_LABELS or not files:
                raise Refusal(422, "invalid-document")
            pages = [await file.read() for file in files]
        together = hashlib.sha256(b"".join(hashlib.sha256(page).digest() for page in pages)).hexdigest()
        return _status(desk.take_document(reference, str(name), together, [len(page) for page in pages]))

    @router.post("/{reference}/corrections", max_body_size=LARGEST_APPLICATION)
    async def correct(request: Request, reference: str) -> dict[str, Any]:
        body = await request.body()
        signed(request, body)
        key = _key(request)
        correction = _read(Correction, body, "invalid-correction")
        if correction.reference != reference:
            raise Refusal(422, "not-this-application")
        return _status(desk.correct(reference, correction.answers, key))

    @router.post("/{reference}/withdraw", max_body_size=LARGEST_APPLICATION)
    async def withdraw(request: Request, reference: str) -> dict[str, Any]:
        await wish(request, reference, "withdraw")
        return _status(desk.withdraw(reference))

    @router.post("/{reference}/accept-offer", max_body_size=LARGEST_APPLICATION)
    async def accept_offer(request: Request, reference: str) -> dict[str, Any]:
        await wish(request, reference, "accept-offer")
        return _status(desk.accept_offer(reference))

    @router.post("/{reference}/request-review", max_body_size=LARGEST_APPLICATION)
    async def request_review(request: Request, reference: str) -> dict[str, Any]:
        await wish(request, reference, "request-review")
        return _status(desk.request_review(reference))

    return router


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= 200:
        raise Refusal(400, "no-idempotency-key")
    return key


def _digest(request: Request, body: bytes) -> str:
    digest = content_digest(body)
    if not hmac.compare_digest(digest.encode(), request.headers.get("content-digest", "").encode()):
        raise Refusal(401, "bad-digest")
    return digest


def _status(record: Record) -> dict[str, Any]:
    """How an application stands: the same details as the event of its stage, and the counter of the last event."""
    return {
        "reference": record.reference,
        "sequence": record.sequence,
        "updated_at": record.updated_at.isoformat(),
        "missing": [],
        **details(record),
    }


def _read(model: type[_Model], body: bytes, code: str = "invalid-application") -> _Model:
    """The body as `model`; what is wrong is told by `code` and by field, never by content."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        fields = tuple(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        raise Refusal(422, code, fields) from None
