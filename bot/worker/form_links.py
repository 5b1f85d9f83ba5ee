"""Links to the lender's form, made when a customer wants one: they are signed, so they are made where the secrets are."""

from __future__ import annotations

from bot.conversation.ports import Conversation, Storage, UnitOfWork
from bot.conversation.turn import Turns
from bot.core.clock import Clock
from bot.dialogs.events import Event, Returned
from bot.gateways.lender.forms import HostedForm
from bot.ledger.audit import CUSTOMER, audited


class FormLinks:
    """Makes links; `form` is None where the lender has none."""

    def __init__(self, storage: Storage, turns: Turns, form: HostedForm | None, clock: Clock) -> None:
        self._storage = storage
        self._turns = turns
        self._form = form
        self._clock = clock

    async def make(self, application: str, conversation: int, request: str, locale: str) -> None:
        """Answer the flow's `request` with a link for an application, or with `none`."""

        async def prepare(work: UnitOfWork, found: Conversation) -> tuple[Event, ...]:
            now, known = self._clock.now(), await work.applications.get(application)
            if self._form is None or known is None or known.reference is None or known.progress.form_filled:
                return (Returned(now, request, "none", {}),)
            url, until = self._form.link(known.reference, locale, now)
            work.audit(audited("form.link_made", CUSTOMER, found.id, now, application=known.id))
            return (Returned(now, request, "made", {"form_url": url, "form_until": until}),)

        await self._turns.deliver(conversation, f"form:{application}:{request}", prepare)
