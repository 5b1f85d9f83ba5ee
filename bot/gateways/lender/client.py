"""Calls to the lender's loan-origination system, each signed by Standard Webhooks, by every secret that holds.

A call either succeeds or says whether trying again can help: `Refused` when the lender has understood and will not,
`Unreachable` when nobody can tell. Submission and correction carry an idempotency key, so trying again never makes two
of them; the other calls are idempotent by what they ask for.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn, TypeAlias
from urllib.parse import quote

import httpx
import orjson

from bot.applications.events import LenderEvent, Malformed, status_event
from bot.core.clock import Clock
from bot.core.errors import GatewayError
from bot.core.values import Money, Rate
from bot.gateways.signatures import sign

Action: TypeAlias = Literal["withdraw", "accept-offer", "request-review"]
"""What a customer may wish: to take the application back, to take a counter-offer, to have a decline looked at again."""

CONTENT_DIGEST: Final = "content-digest"
_AGAIN: Final = frozenset({408, 425, 429})
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,49}")


class Unreachable(GatewayError):  # noqa: N818 — named for what is true of the lender, not for the program
    """The lender could not be reached, or its answer could not be read: the same call may be made again."""


class Refused(GatewayError):  # noqa: N818 — the lender's answer, not a fault
    """The lender has refused: the same call will not succeed. `status` is HTTP's, `code` the lender's reason or ""."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the lender refused with {status} {code}".rstrip())
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Submission:
    """A pre-application as it goes to the lender.

    `application` is our own id; `months` the term; `consents` the ids of the consent records it rests on; `rate` the
    yearly contract rate that the customer was quoted; `signals` what is worth a second look, each with its outcome; `not_given` the answers that the customer does not agree to give; `callback_url` takes the events (None: where the lender has been
    told once to send them).
    """

    application: str
    product: str
    amount: Money
    months: int
    method: str
    segment: str
    answers: Mapping[str, str]
    consents: tuple[str, ...]
    callback_url: str | None
    locale: str
    rate: Rate | None = None
    signals: tuple[tuple[str, str], ...] = ()
    not_given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageFile:
    """One page of a document, or a file of several, as it goes to the lender."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The lender has the application and knows it by `reference`."""

    reference: str


class LenderClient:
    """A lender's system at `base_url`; `secrets` are shared with it. Timeouts are those of `http`.

    Every call raises `Refused` or `Unreachable`; their texts hold no personal data. Calls about a known application
    answer how it stands, as the event that tells the same.
    """

    def __init__(self, base_url: str, secrets: Sequence[str], http: httpx.AsyncClient, clock: Clock) -> None:
        self._base = base_url.rstrip("/")
        self._secrets = tuple(secrets)
        self._http = http
        self._clock = clock

    async def submit(self, application: Submission, idempotency_key: str) -> Receipt:
        """Hand in an application; the same key again gives the same receipt."""
        answer = await self._post("/applications", _payload(application), {"idempotency-key": idempotency_key})
        reference = answer.get("reference")
        if not isinstance(reference, str) or not reference:
            raise Unreachable("the lender's receipt has no reference")
        return Receipt(reference)

    async def status(self, reference: str) -> LenderEvent:
        """How an application stands. What is signed is the reference: a `GET` has no body."""
        path = f"/applications/{quote(reference, safe='')}"
        return _standing(
            reference,
            await self._answer(self._http.build_request("GET", self._base + path, headers=self._signed(reference))),
        )

    async def act(self, reference: str, action: Action) -> LenderEvent:
        """Have the lender do what the customer wishes; saying it twice is saying it once."""
        path = f"/applications/{quote(reference, safe='')}/{action}"
        return _standing(reference, await self._post(path, {"reference": reference, "action": action}, {}))

    async def send_document(self, reference: str, document: str, pages: Sequence[PageFile]) -> LenderEvent:
        """Send a document that the lender has asked for, all pages in order; `document` is its id. The same again is taken once."""
        request = self._http.build_request(
            "POST",
            f"{self._base}/applications/{quote(reference, safe='')}/documents",
            data={"reference": reference, "document": document},
            files=[("file", (page.name, page.content, page.media_type)) for page in pages],
        )
        digest = content_digest(await request.aread())
        request.headers.update({CONTENT_DIGEST: digest} | self._signed(digest))
        return _standing(reference, await self._answer(request))

    async def correct(self, reference: str, answers: Mapping[str, str], idempotency_key: str) -> LenderEvent:
        """Put answers right that the lender has; the same key again is the same correction."""
        path = f"/applications/{quote(reference, safe='')}/corrections"
        payload = {"reference": reference, "answers": dict(answers)}
        return _standing(reference, await self._post(path, payload, {"idempotency-key": idempotency_key}))

    async def _post(self, path: str, payload: Mapping[str, Any], headers: dict[str, str]) -> Mapping[str, Any]:
        body = orjson.dumps(payload)
        signed = self._signed(body.decode()) | {"content-type": "application/json"} | headers
        return await self._answer(self._http.build_request("POST", self._base + path, content=body, headers=signed))

    def _signed(self, content: str) -> dict[str, str]:
        return sign(self._secrets, f"msg_{uuid.uuid4().hex}", self._clock.now(), content)

    async def _answer(self, request: httpx.Request) -> Mapping[str, Any]:
        try:
            response = await self._http.send(request)
        except httpx.RequestError as error:
            raise Unreachable(f"the lender could not be reached: {type(error).__name__}") from None
        if not response.is_success:
            _fail(response)
        return _object(response)


def _standing(reference: str, answer: Mapping[str, Any]) -> LenderEvent:
    try:
        event = status_event(answer)
    except Malformed as error:
        raise Unreachable(f"the lender's answer cannot be read: {error}") from None
    if event.reference != reference:
        raise Unreachable("the lender's answer is about another application")
    return event


def content_digest(body: bytes) -> str:
    """The `Content-Digest` header of RFC 9530: what is signed in place of a body that is not text."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _fail(response: httpx.Response) -> NoReturn:
    if response.is_client_error and response.status_code not in _AGAIN:
        try:
            code = _object(response).get("code")
        except Unreachable:
            code = None
        raise Refused(response.status_code, code if isinstance(code, str) and _CODE.fullmatch(code) else "")
    raise Unreachable(f"the lender answered {response.status_code}")


def _object(response: httpx.Response) -> Mapping[str, Any]:
    if response.status_code == httpx.codes.NO_CONTENT:
        return {}
    try:
        answer = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise Unreachable("the lender's answer is not a JSON object")
    return answer


def _payload(application: Submission) -> dict[str, Any]:
    return {
        "application": application.application,
        "product": application.product,
        "amount": {"value": str(application.amount.amount), "currency": application.amount.currency},
        "months": application.months,
        "method": application.method,
        "rate": str(application.rate.fraction) if application.rate else None,
        "segment": application.segment,
        "answers": dict(application.answers),
        "consents": list(application.consents),
        "callback_url": application.callback_url,
        "locale": application.locale,
        "signals": [{"code": code, "outcome": outcome} for code, outcome in application.signals],
        "not_given": list(application.not_given),
    }
