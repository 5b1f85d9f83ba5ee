"""Events out to a customer-relations system: CloudEvents 1.0 in structured JSON, signed by Standard Webhooks.

Each is signed by every secret, so that whoever knows one of them can check it. Delivered at least once: `id` makes two the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bot.core.clock import Clock
from bot.core.errors import GatewayError
from bot.gateways.signatures import sign

PREFIX: Final = "com.tillwise."
"""What the type of every event begins with."""

_CONTENT_TYPE: Final = "application/cloudevents+json"
_AGAIN: Final = frozenset({408, 425, 429})


class CrmUnreachable(GatewayError):  # noqa: N818 — named for what is true of the receiver
    """The event was not acknowledged: another attempt may succeed."""


class CrmRefused(GatewayError):  # noqa: N818 — the receiver's answer, not a fault
    """The receiver has refused the event: the same one will not be taken."""


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """Something of a `kind` has happened to a lead at a time; `data` is ready for JSON."""

    id: str
    kind: str
    lead: int
    at: datetime
    data: Mapping[str, Any]


class CrmClient:
    """A receiver at `url`; `secrets` are shared with it, and `source` says which bot tells. Timeouts are those of `http`."""

    def __init__(self, url: str, secrets: Sequence[str], source: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self._url = url
        self._secrets = tuple(secrets)
        self._source = source
        self._http = http
        self._clock = clock

    async def tell(self, event: LeadEvent) -> None:
        """Bring an event; the time of the signature is that of the attempt.

        Raises `CrmUnreachable` or `CrmRefused`, whose texts hold no personal data.
        """
        body = _body(event, self._source)
        headers = sign(self._secrets, event.id, self._clock.now(), body.decode()) | {"content-type": _CONTENT_TYPE}
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.RequestError as error:
            raise CrmUnreachable(f"the CRM could not be reached: {type(error).__name__}") from None
        if answer.is_success:
            return
        if answer.is_client_error and answer.status_code not in _AGAIN:
            raise CrmRefused(f"the CRM refused with {answer.status_code}")
        raise CrmUnreachable(f"the CRM answered {answer.status_code}")


def _body(event: LeadEvent, source: str) -> bytes:
    attributes = {
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": f"{PREFIX}{event.kind}.v1",
        "subject": str(event.lead),
        "time": event.at,
        "datacontenttype": "application/json",
    }
    written = JSONFormat().write(CloudEvent(attributes, dict(event.data)))
    return written if isinstance(written, bytes) else written.encode()
