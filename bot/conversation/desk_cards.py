"""The card of a lead as its manager has it: short first, whole or the talk on demand, acts behind one button; all in one message.

A press changes the message it stands below, so that a card is one message however long it is worked with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from bot.applications.application import Application
from bot.conversation.desk_messages import RETURN, Messages, Rows
from bot.conversation.ports import Key, StoredAssessment, TranscriptLine
from bot.core.values import Text
from bot.handoff import cards
from bot.handoff.cards import Background, Spoken, Trace
from bot.handoff.notes import notes_of, with_notes
from bot.handoff.records import Lead, Manager
from bot.handoff.scoring import Score, score
from bot.products.eligibility import assess

LINES: Final = 4
"""Lines of the talk on the short card."""

PAGE: Final = 12
"""Lines of the talk on a page of its own."""

MOST_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class LeadCards:
    """Shows cards of leads within one unit of work."""

    messages: Messages

    async def new(self, lead: Lead, manager: Manager, *, edit: bool = False, target: str | None = None) -> Lead:
        """Show the short card; the lead with the note up to where the customer's words were shown."""
        lines = await self.messages.work.transcript(lead.conversation, LINES)
        await self._short(lead, manager, self.main(lead, manager), _spoken(lines), edit=edit, target=target)
        seen = max((line.at for line in lines if line.author == "customer"), default=None)
        return with_notes(lead, replace(notes_of(lead), seen=seen))

    async def short(self, lead: Lead, manager: Manager, target: str | None, keys: Rows | None = None) -> None:
        """The short card in place, with its own buttons or these."""
        lines = await self.messages.work.transcript(lead.conversation, LINES)
        keys = self.main(lead, manager) if keys is None else keys
        await self._short(lead, manager, keys, _spoken(lines), edit=True, target=target)

    async def whole(self, lead: Lead, manager: Manager, target: str | None) -> None:
        """Everything about the lead, in place."""
        shown = cards.whole_card(lead, self._score(lead), await self._background(lead), self.messages.texts.knows)
        keys = (
            (self._key("desk.less", "less", lead, manager), self._key("desk.talk_shown", "said.0", lead, manager)),
            *((self._key("desk.acts", "acts", lead, manager),),),
        )
        await self._put(lead, manager, shown, keys, target)

    async def talk(self, lead: Lead, manager: Manager, target: str | None, page: int) -> None:
        """A page of what was said, in place; page 0 is the latest."""
        page = min(page, MOST_PAGES - 1)
        lines = await self.messages.work.transcript(lead.conversation, PAGE * (page + 1) + 1)
        older = len(lines) > PAGE * (page + 1)
        there = lines[max(0, len(lines) - PAGE * (page + 1)) : len(lines) - PAGE * page]
        turning = (
            *((self._key("desk.talk_earlier", f"said.{page + 1}", lead, manager),) if older else ()),
            *((self._key("desk.talk_later", f"said.{page - 1}", lead, manager),) if page else ()),
        )
        keys = (*((turning,) if turning else ()), (self._key("desk.less", "less", lead, manager),))
        shown = cards.transcript(lead, _spoken(there), self.messages.texts.knows)
        await self._put(lead, manager, shown, keys, target)

    # Buttons

    def main(self, lead: Lead, manager: Manager) -> Rows:
        """The few buttons of the short card; a chat that is over can still be followed up."""
        more = self._key("desk.more", "more", lead, manager)
        if lead.status in ("accepted", "active"):
            back = self.messages.key("desk.return", RETURN, lead, manager)
            return ((more, self._key("desk.acts", "acts", lead, manager)), (back,))
        return (
            (
                more,
                self._key("desk.act.stage", "stage", lead, manager),
                self._key("desk.act.note", "note", lead, manager),
            ),
        )

    def acts(self, lead: Lead, manager: Manager) -> Rows:
        """What a manager can do with a customer."""
        rows = (("stage", "note"), ("product", "quote"), ("paper", "book"), ("hand",))
        shown = tuple(tuple(self._key(f"desk.act.{act}", act, lead, manager) for act in row) for row in rows)
        return (*shown[:-1], (*shown[-1], self._key("desk.back_to", "less", lead, manager)))

    def chosen_from(self, codes: Iterable[str], words: str, act: str, lead: Lead, manager: Manager) -> Rows:
        """A button for each code, and one back to the acts."""
        listed = self.messages.each(codes, words, f"m.{act}", lead, manager)
        return (*listed, (self._key("desk.back_to", "acts", lead, manager),))

    def named(self, label: Text, act: str, lead: Lead, manager: Manager) -> Key:
        """A button whose label has values."""
        return Key(self.messages.texts.label(label, manager.language), f"m.{act}.{lead.id}")

    def _key(self, label: str, act: str, lead: Lead, manager: Manager) -> Key:
        return self.messages.key(label, f"m.{act}", lead, manager)

    # What stands on it

    async def _short(  # noqa: PLR0913 -- what is shown, where, each given by name
        self, lead: Lead, manager: Manager, keys: Rows, spoken: tuple[Spoken, ...], *, edit: bool, target: str | None
    ) -> None:
        shown = cards.card(lead, self._score(lead), spoken, self.messages.texts.knows)
        await self.messages.post(
            manager, shown, slot=self.messages.slot_of(lead, manager), subject=lead, keys=keys, edit=edit, target=target
        )  # fmt: skip

    async def _put(self, lead: Lead, manager: Manager, shown: Text, keys: Rows, target: str | None) -> None:
        await self.messages.post(
            manager, shown, slot=self.messages.slot_of(lead, manager), subject=lead, keys=keys, edit=True, target=target
        )

    def _score(self, lead: Lead) -> Score:
        return score(self.messages.content.lead_rules, lead.facts)

    async def _background(self, lead: Lead) -> Background:
        work = self.messages.work
        quote = await work.quotes.latest(lead.conversation)
        consents = await work.consents.latest(lead.conversation)
        applications = await work.applications.of_conversation(lead.conversation)
        assessed = await work.assessments.of_conversation(lead.conversation)
        last = applications[-1] if applications else None
        return Background(
            quote=quote.values if quote else None,
            trace=self._trace(assessed[-1]) if assessed else None,
            consents=tuple((notice, record.state) for notice, record in consents.items()),
            application=(last.reference, last.progress.stage) if last else None,
            signals=await self._signals(last) if last else (),
        )

    def _trace(self, told: StoredAssessment) -> Trace:
        """The result as it was told, in today's words where today's criteria judge the same."""
        product = next((one for one in self.messages.content.catalogue.products if one.id == told.product), None)
        findings = {one.code: one for one in assess(product, told.answers).findings} if product else {}
        knows = self.messages.texts.knows

        def words(code: str, state: str) -> Text | None:
            found = findings.get(code)
            return found.text if found and found.state == state and knows(found.text.key) else None

        criteria = tuple((state, words(code, state)) for code, state in told.criteria.items())
        return Trace(told.product, told.outcome, told.created_at, criteria)

    async def _signals(self, application: Application) -> tuple[Text, ...]:
        """What is worth a second look in an application, as far as there are words for it today."""
        screening = await self.messages.work.screenings.latest(application.id)
        told = [finding.for_staff() for finding in screening.findings] if screening else []
        return tuple(text for text in told if self.messages.texts.knows(text.key))


def _spoken(lines: Iterable[TranscriptLine]) -> tuple[Spoken, ...]:
    return tuple(Spoken(line.at, line.author, line.text) for line in lines)
