"""What managers write is looked at before it leaves: whoever claims what must not be claimed is warned, or a supervisor decides.

Words that are held keep those behind them waiting, so that a customer reads what was written in its order; the manager may
take them back, and what nobody has decided on in time goes back by itself. The customer is told that an answer is being
looked at. Nothing is dropped: what did not go stays on record with what became of it.

Whoever calls holds the lock of the lead; acts on a message take it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from bot.conversation.desk_messages import language_of
from bot.conversation.ports import Job, Key, Outgoing
from bot.core.values import NO_VALUES, Rate, Text, Value, Values
from bot.handoff import cards
from bot.handoff.checked import Checked, CheckState, Finding, reasons
from bot.handoff.claims import Action, Breach, ClaimRules, strictest
from bot.handoff.notes import Unsaid
from bot.handoff.records import Lead, Manager
from bot.handoff.service_level import due
from bot.ledger.audit import SYSTEM, audited, by_manager

if TYPE_CHECKING:
    from bot.conversation.desk_leads import LeadDesk

REWRITE: Final = "m.rewrite"
SEND_ANYWAY: Final = "m.send_anyway"
TAKE_BACK: Final = "m.take_back"
APPROVE: Final = "m.approve"
REFUSE: Final = "m.refuse"
CLAIM_BUTTONS: Final = (REWRITE, SEND_ANYWAY, TAKE_BACK, APPROVE, REFUSE)
"""What the tokens of the buttons begin with; the message's number follows behind a point."""

Spoken = Literal["sent", "queued", "warned", "held", "refused"]
"""What became of a manager's words at once. `refused`: they would be held, and there is no supervisor to decide."""

_STATES: Final[Mapping[Action | None, CheckState]] = {None: "queued", "warn": "warned", "hold": "held"}


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """The rules, and the rates that are published."""

    rules: ClaimRules = field(default=ClaimRules())
    rates: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class ClaimDesk:
    """Looks at words within one unit of work, at the time of `leads`."""

    leads: LeadDesk

    async def speak(self, lead: Lead, manager: Manager, words: Unsaid, text: str) -> Spoken:
        """Bring the manager's words to the customer, unless they have to wait; `text` is what was written."""
        words = await self._instead(lead, manager, words)
        found = await self._found(lead, text)
        action = strictest(found)
        lead = await self._release(lead)
        pending = await self.leads.work.checked.pending(lead.id)
        if action is None and not any(one.state in {"held", "queued"} for one in pending):
            await self.leads.speak(lead, words)
            return "sent"
        findings = tuple(Finding(one.claim.id, one.words) for one in found)
        message = await self.leads.work.checked.add(
            Checked(0, lead.id, lead.conversation, manager.id, words, text, findings, _STATES[action], self.leads.now)
        )
        if action is None:
            await self._tell(message, lead, manager, "queued")
            return "queued"
        if action == "warn":
            self._audit("claim.warned", message, by_manager(manager.id))
            await self._ask_manager(message, lead, manager)
            return "warned"
        return await self._hold(message, lead, manager)

    async def waits(self, lead: Lead, slot: str) -> bool:
        """Whether the words of that slot have been stopped, or wait behind such words."""
        return any(one.words.slot == slot for one in await self.leads.work.checked.pending(lead.id))

    async def pressed(self, manager: Manager, token: str) -> Text:
        """A button below a message that was stopped; the notice that answers the press."""
        act, _, number = token.rpartition(".")
        message = await self.locked(int(number))
        if message is None:
            return Text("desk.notice.gone")
        if act in {APPROVE, REFUSE}:
            return await self.decide(message, manager, approve=act == APPROVE)
        if message.manager != manager.id:
            return Text("desk.notice.not_yours")
        if act == SEND_ANYWAY:
            return await self._send_anyway(message, manager)
        return await self._take_back(message, manager, "rewriting" if act == REWRITE else "withdrawn")

    async def decide(self, message: Checked, by: Manager, *, approve: bool, remark: str = "") -> Text:
        """A supervisor decides on what is held; the notice that says what came of it. Nobody decides on their own words."""
        if not by.profile.supervisor or message.manager == by.id:
            return Text("desk.notice.not_yours_to_decide")
        if message.state != "held":
            return Text("desk.notice.decided_already")
        name: Literal["approved", "refused"] = "approved" if approve else "refused"
        self._audit(f"claim.{name}", message, by_manager(by.id))
        await self._settle(replace(message, state="queued" if approve else "refused", remark=remark), by, name)
        return Text(f"desk.notice.{name}")

    async def undecided(self, number: int) -> None:
        """The time to decide is over: the words go back to their manager. Nothing where somebody has decided."""
        message = await self.locked(number)
        if message is not None and message.state == "held":
            self._audit("claim.undecided", message, SYSTEM)
            await self._settle(replace(message, state="undecided"), None, "undecided")

    async def end(self, lead: Lead) -> Lead:
        """The manager holds the customer no longer: what may go goes, what is stopped stays; the lead thereafter."""
        pending = await self.leads.work.checked.pending(lead.id)
        for message in pending:
            if message.state != "queued":
                await self._undelivered(message, lead)
        if pending:
            lead = await self._release(lead)
        return lead

    async def _instead(self, lead: Lead, manager: Manager, words: Unsaid) -> Unsaid:
        """Words that are changed while they wait are taken back, and looked at as they are now."""
        if not words.edit:
            return words
        for message in await self.leads.work.checked.pending(lead.id):
            if message.words.slot == words.slot:
                self._audit("claim.withdrawn", message, by_manager(manager.id))
                ended = replace(message, state="withdrawn", decided_by=manager.id, decided_at=self.leads.now)
                await self.leads.work.checked.save(ended)
                words = replace(words, edit=message.words.edit)
                if message.found:
                    await self._tell(message, lead, manager, "withdrawn", edit=True)
                if message.state == "held":
                    await self._tell_supervisors(message, lead, manager, "withdrawn", manager)
        return words

    # What becomes of one

    async def _hold(self, message: Checked, lead: Lead, manager: Manager) -> Spoken:
        deciders = [one for one in await self._supervisors() if one.id != manager.id]
        if not deciders:
            await self.leads.work.checked.save(replace(message, state="refused", decided_at=self.leads.now))
            self._audit("claim.refused", message, SYSTEM)
            await self._tell(message, lead, manager, "nobody_decides")
            return "refused"
        self._audit("claim.held", message, by_manager(manager.id))
        keys = ((self._key("desk.claim.take_back", TAKE_BACK, message, manager),),)
        await self._tell(message, lead, manager, "held", keys=keys)
        for supervisor in deciders:
            await self._ask_supervisor(message, lead, manager, supervisor)
        await self._tell_customer("checking", lead, manager, message)
        at = due(self.leads.targets.hours, self.leads.now, self.leads.check.rules.decide_within)
        payload = {"conversation": lead.conversation, "message": message.id}
        self.leads.work.defer(Job("claim-late", payload, at=at))
        return "held"

    async def _send_anyway(self, message: Checked, manager: Manager) -> Text:
        lead = await self.leads.held(message.lead, manager)
        if message.state != "warned" or lead is None:
            return Text("desk.notice.decided_already")
        self._audit("claim.sent_anyway", message, by_manager(manager.id))
        queued = replace(message, state="queued", decided_by=manager.id, decided_at=self.leads.now)
        await self.leads.work.checked.save(queued)
        await self._release(lead)
        await self._tell(message, lead, manager, "sent_anyway", edit=True)
        return Text("desk.notice.sent_anyway")

    async def _take_back(self, message: Checked, manager: Manager, told: str) -> Text:
        if message.state not in {"warned", "held"}:
            return Text("desk.notice.decided_already")
        self._audit("claim.withdrawn", message, by_manager(manager.id))
        was_held = message.state == "held"
        withdrawn = replace(message, state="withdrawn")
        if was_held:
            await self._settle(withdrawn, manager, "withdrawn")
        else:
            ended = replace(withdrawn, decided_by=manager.id, decided_at=self.leads.now)
            await self.leads.work.checked.save(ended)
            lead = await self.leads.work.leads.get(message.lead)
            if lead is not None:
                await self._tell(message, lead, manager, told, edit=True)
        return Text("desk.notice.taken_back")

    async def _settle(
        self, message: Checked, by: Manager | None, how: Literal["approved", "refused", "undecided", "withdrawn"]
    ) -> None:
        """What was held is so no longer: those who saw it are told, and what waited behind it goes."""
        message = replace(message, decided_by=by.id if by else None, decided_at=self.leads.now)
        await self.leads.work.checked.save(message)
        lead = await self.leads.work.leads.get(message.lead)
        manager = await self.leads.work.managers.get(message.manager)
        if lead is None or manager is None:
            return
        values: dict[str, Value] = {"by": by.name if by else "", "remark": message.remark}
        await self._tell(message, lead, manager, how, edit=True, values=values)
        if how != "withdrawn":
            await self.leads.messages.about(self._outcome(message, how), lead, manager, **values)
        await self._tell_supervisors(message, lead, manager, how, by)
        if not any(one.state == "held" for one in await self.leads.work.checked.pending(lead.id)):
            await self._tell_customer("checked" if how == "approved" else "not_sent", lead, manager, message)
        await self._release(lead)

    @staticmethod
    def _outcome(message: Checked, how: str) -> str:
        return f"desk.claim.now_{how}" + ("_why" if how == "refused" and message.remark else "")

    async def _undelivered(self, message: Checked, lead: Lead) -> None:
        """The chat is over before anybody has decided."""
        self._audit("claim.undelivered", message, SYSTEM)
        ended = replace(message, state="undelivered", decided_at=self.leads.now)
        await self.leads.work.checked.save(ended)
        manager = await self.leads.work.managers.get(message.manager)
        if manager is None:
            return
        await self._tell(message, lead, manager, "undelivered", edit=True)
        if message.state == "held":
            await self._tell_supervisors(message, lead, manager, "undelivered", None)
            await self._tell_customer("not_sent", lead, manager, message)

    async def _release(self, lead: Lead) -> Lead:
        """Send what may go, up to what is held; the lead thereafter."""
        for message in await self.leads.work.checked.pending(lead.id):
            if message.state == "held":
                break
            if message.state == "queued":
                await self.leads.work.checked.save(replace(message, state="sent"))
                await self.leads.speak(lead, message.words)
                lead = await self.leads.work.leads.get(lead.id) or lead
        return lead

    # Who is told

    async def _ask_manager(self, message: Checked, lead: Lead, manager: Manager) -> None:
        keys = (
            (self._key("desk.claim.rewrite", REWRITE, message, manager),),
            (self._key("desk.claim.send_anyway", SEND_ANYWAY, message, manager),),
        )
        await self._tell(message, lead, manager, "warned", keys=keys)

    async def _ask_supervisor(self, message: Checked, lead: Lead, manager: Manager, supervisor: Manager) -> None:
        keys = (
            (
                self._key("desk.claim.approve", APPROVE, message, supervisor),
                self._key("desk.claim.refuse", REFUSE, message, supervisor),
            ),
        )
        minutes = int(self.leads.check.rules.decide_within.total_seconds() // 60)
        values: dict[str, Value] = {"name": manager.name, "minutes": minutes}
        await self._tell(message, lead, supervisor, "to_decide", keys=keys, values=values)

    async def _tell_supervisors(
        self, message: Checked, lead: Lead, manager: Manager, how: str, by: Manager | None
    ) -> None:
        for supervisor in await self._supervisors():
            if supervisor.id != manager.id:
                values: dict[str, Value] = {"name": manager.name, "by": by.name if by else ""}
                await self._tell(message, lead, supervisor, f"was_{how}", edit=True, values=values)

    async def _tell(  # noqa: PLR0913 -- what a message says, and where
        self,
        message: Checked,
        lead: Lead,
        reader: Manager,
        key: str,
        *,
        keys: tuple[tuple[Key, ...], ...] = (),
        edit: bool = False,
        values: Values = NO_VALUES,
    ) -> None:
        """A message about a stopped one, in the reader's chat; `edit` puts it over the one that asked."""
        said = message.text or self.leads.messages.texts.render(Text("desk.claim.file"), reader.language)
        told = {
            "customer": cards.customer(lead),
            "text": said,
            "reasons": reasons(self.leads.check.rules, message.found),
            **values,
        }
        text = Text(f"desk.claim.{key}", told)
        slot = f"claim{lead.id}.{message.id}"
        await self.leads.messages.post(reader, text, slot=slot, subject=lead, keys=keys, edit=edit)

    async def _tell_customer(
        self, key: Literal["checking", "checked", "not_sent"], lead: Lead, manager: Manager, message: Checked
    ) -> None:
        """The customer hears that an answer is being looked at, once for all that are, and in the same place how it went."""
        work, slot = self.leads.work, f"checking{lead.id}"
        if key == "checking":
            others = [
                one for one in await work.checked.pending(lead.id) if one.state == "held" and one.id != message.id
            ]
            if others or lead.status != "active":
                return
        elif await work.shown(lead.conversation, slot) is None:
            return
        channel, address = await work.address_of(lead.conversation)
        words = Text(f"handoff.{key}", {"name": manager.name})
        html = self.leads.messages.texts.render(words, language_of(lead) or "")
        work.send(Outgoing(lead.conversation, channel, address, slot, html, edit=key != "checking", priority="notice"))

    # Small things

    async def _found(self, lead: Lead, text: str) -> tuple[Breach, ...]:
        check = self.leads.check
        quote = await self.leads.work.quotes.latest(lead.conversation) if text else None
        rates = check.rates | frozenset(_rates(quote.values) if quote else ())
        return check.rules.breaches(text, rates)

    async def locked(self, number: int) -> Checked | None:
        """A message, with the lock of its lead, under which it is read."""
        found = await self.leads.work.checked.get(number)
        if found is None:
            return None
        await self.leads.work.leads.get(found.lead)
        return await self.leads.work.checked.get(number)

    async def _supervisors(self) -> list[Manager]:
        return [one for one in await self.leads.work.managers.everyone() if one.profile.supervisor]

    def _key(self, label: str, token: str, message: Checked, reader: Manager) -> Key:
        return Key(self.leads.messages.texts.label(Text(label), reader.language), f"{token}.{message.id}")

    def _audit(self, name: str, message: Checked, actor: str) -> None:
        claims = tuple(one.claim for one in message.found)
        act = audited(
            name,
            actor,
            message.conversation,
            self.leads.now,
            lead=message.lead,
            message=message.id,
            claims=claims,
        )
        self.leads.work.audit(act)


def _rates(value: Value) -> Iterator[Decimal]:
    """Every rate that a quote names."""
    match value:
        case Rate(fraction=fraction):
            yield fraction
        case Mapping():
            for item in value.values():
                yield from _rates(item)
        case Text(values=values):
            yield from _rates(values)
        case tuple():
            for item in value:
                yield from _rates(item)
