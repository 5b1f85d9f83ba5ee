"""Links to the lender's own form, where a customer gives what must not stand in a chat: identity and account.

A link is for one application and ends by itself. It holds the application's reference, an id, a time and a signature, and nothing
of the person. Signed as webhooks are (`signatures`): the id, the time at which the link ends, and `form:<reference>`, by every
secret that holds, so that whoever knows one of them can check it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from bot.core.errors import GatewayError
from bot.gateways.signatures import SIGNATURE, same_signature, sign

HOLDS: Final = timedelta(hours=1)
"""How long a link can be opened."""

REFERENCE: Final = "{reference}"


class BadLink(GatewayError):  # noqa: N818 — named for what is true of the link
    """A link was not signed by a secret that holds, is for another application, or was changed."""


class LinkOver(GatewayError):  # noqa: N818 — named for what is true of the link
    """A link was rightly signed, and its time is over: the customer gets a new one in the chat."""


@dataclass(frozen=True, slots=True)
class HostedForm:
    """The lender's form at an address in which `{reference}` stands for the application's reference."""

    address: str
    secrets: tuple[str, ...]

    def link(self, reference: str, locale: str, now: datetime) -> tuple[str, datetime]:
        """A link for one application, and when it ends."""
        link_id, until = f"form_{uuid.uuid4().hex}", now.replace(microsecond=0) + HOLDS
        signature = sign(self.secrets, link_id, until, _signed(reference))[SIGNATURE]
        query = {"id": link_id, "until": int(until.timestamp()), "signature": signature, "lang": locale}
        return f"{self.address.replace(REFERENCE, quote(reference, safe=''))}?{urlencode(query)}", until


def check_link(reference: str, query: Mapping[str, str], secrets: Sequence[str], now: datetime) -> datetime:
    """When a rightly signed link ends. Raises `BadLink`, or `LinkOver`."""
    until = query.get("until", "")
    if not (until.isascii() and until.isdigit() and len(until) <= 11):
        raise BadLink("the link has no time")
    ends = datetime.fromtimestamp(int(until), UTC)
    if not same_signature(query.get("signature", ""), secrets, query.get("id", ""), ends, _signed(reference)):
        raise BadLink("no signature matches")
    if now >= ends:
        raise LinkOver("the time of the link is over")
    return ends


def _signed(reference: str) -> str:
    return f"form:{reference}"
