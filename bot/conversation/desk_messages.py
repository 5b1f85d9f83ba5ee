"""What the desk puts into chats: offers and cards for managers, words for either side."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bot.conversation.desk_replies import NOTHING, Answered, copy_slot, said_slot
from bot.conversation.ports import Document, Key, Outgoing, Relayed, UnitOfWork
from bot.core.values import Text, Value, Values
from bot.handoff import cards
from bot.handoff.addressing import Kept
from bot.handoff.notes import Unsaid, notes_of
from bot.handoff.pursuit import PASS_REASONS
from bot.handoff.records import Lead, Manager
from bot.handoff.scoring import score
from bot.publishing.content import Content
from bot.texts.texts import Texts

ACCEPT: Final = "m.accept"
PASS: Final = "m.pass"  # noqa: S105 -- a button's token, no password
WHY: Final = "m.why"
OFFER: Final = "m.offer"
RETURN: Final = "m.return"
TALK: Final = "m.talk"
TO: Final = "m.to"
DROP: Final = "m.drop"
"""What the tokens of a manager's buttons begin with; the lead's number follows behind a point.

Between them `TO` and `DROP` name the message whose words wait, and `WHY` the reason for not taking it.
"""

_ABOUT: Final = re.compile(r"(?:lead|card|claim|c|a)(\d{1,18})(?:\.\S+)?")

LINES: Final = 8
"""Lines of a transcript that a manager is shown."""

Rows = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True)
class Messages:
    """Puts messages into the outbox of one unit of work. With `topics` what concerns a manager's customer goes into that one's topic."""

    work: UnitOfWork
    content: Content
    topics: bool = False

    @property
    def texts(self) -> Texts:
        """The words."""
        return self.content.texts

    async def offer(self, lead: Lead, manager: Manager) -> None:
        """Show a lead that may be accepted."""
        await self.post(
            manager,
            self._offered(lead),
            slot=slot_of(lead),
            subject=lead,
            keys=self._choice(lead, manager),
            priority="notice",
        )

    async def ask_why(self, lead: Lead, manager: Manager, target: str | None) -> None:
        """Put the reasons for not taking a lead below its offer."""
        keys = (
            *self.each(PASS_REASONS, "pass_reason", WHY, lead, manager),
            (self.key("desk.back_to", OFFER, lead, manager),),
        )
        await self.post(
            manager, self._offered(lead), slot=slot_of(lead), subject=lead, keys=keys, edit=True, target=target
        )

    async def offer_again(self, lead: Lead, manager: Manager, target: str | None) -> None:
        """Put the choice to accept back below the offer."""
        await self.post(
            manager, self._offered(lead), slot=slot_of(lead), subject=lead, keys=self._choice(lead, manager),
            edit=True, target=target,
        )  # fmt: skip

    def _offered(self, lead: Lead) -> Text:
        return cards.offer(lead, score(self.content.lead_rules, lead.facts), self.texts.knows)

    def _choice(self, lead: Lead, manager: Manager) -> Rows:
        return ((self.key("desk.accept", ACCEPT, lead, manager), self.key("desk.pass", PASS, lead, manager)),)

    def each(self, codes: Iterable[str], words: str, token: str, lead: Lead, manager: Manager) -> Rows:
        """A button for each code, two in a row, named by the text `<words>.<code>`."""
        keys = [
            Key(self.texts.label(Text(f"{words}.{code}"), manager.language), f"{token}.{code}.{lead.id}")
            for code in codes
        ]
        return tuple(tuple(keys[place : place + 2]) for place in range(0, len(keys), 2))

    def slot_of(self, lead: Lead, manager: Manager) -> str:
        """The slot of a lead's offer, and of its card, which takes its place where both stand in one chat."""
        return f"card{lead.id}" if self._topic(lead, manager) else slot_of(lead)

    def _topic(self, lead: Lead | None, manager: Manager) -> str | None:
        """The name of the customer's topic in the manager's chat; None for whoever is not the manager's."""
        if not self.topics or lead is None or lead.manager != manager.id:
            return None
        return self.texts.label(cards.topic(lead, self.texts.knows), manager.language)

    async def put_over(
        self, lead: Lead, manager: Manager, text: Text, target: str | None = None, keys: Rows = ()
    ) -> None:
        """Put `text` in the place of the lead's offer or card, with these buttons instead of those there were."""
        slot = self.slot_of(lead, manager)
        await self.post(manager, text, slot=slot, subject=lead, keys=keys, edit=True, target=target)

    async def put_over_offers(self, lead: Lead, text: Text, but: Collection[int] = ()) -> None:
        """The same for every manager who was asked and has not passed; `but` names those left out."""
        passed = notes_of(lead).passed
        for manager in await self.work.leads.offered_to(lead.id):
            if manager.id not in but and manager.id not in passed:
                await self.put_over(lead, manager, text)

    async def missed(self, lead: Lead, manager: Manager) -> None:
        """Show what the customer wrote to the bot after the card was made."""
        seen = notes_of(lead).seen
        said = tuple(
            cards.said_line(cards.Spoken(line.at, line.author, line.text))
            for line in await self.work.transcript(lead.conversation, LINES)
            if line.author == "customer" and (seen is None or line.at > seen)
        )
        if said:
            await self.about("desk.meanwhile", lead, manager, said=said)

    async def about(self, key: str, lead: Lead, manager: Manager, **values: Value) -> None:
        """Tell the manager something about a customer; the text names the `customer`."""
        text = Text(key, {"customer": cards.customer(lead), **values})
        await self.post(manager, text, slot=f"a{lead.id}", subject=lead)

    async def handed_on(self, lead: Lead, manager: Manager, before: Manager) -> None:
        """Tell a manager who has passed the customer on; with the button to talk, for nobody is talked with unchosen."""
        text = Text("desk.handed_to_you", {"customer": cards.customer(lead), "name": before.name})
        await self.post(
            manager, text, slot=f"a{lead.id}", subject=lead, keys=() if self.topics else (self.talk(lead, manager),)
        )

    async def from_customer(  # noqa: PLR0913 -- a message has this many sides, each given by name
        self,
        lead: Lead,
        manager: Manager,
        words: str,
        relayed: Relayed | None = None,
        paper: Text | None = None,
        *,
        place: str | None = None,
        answered: Answered = NOTHING,
        edit: bool = False,
    ) -> None:
        """Bring what the customer wrote or sent in the message `place` to the manager; with `edit`, change the copy there.

        `paper` is a document that was asked for.
        """
        values: Values = {"customer": cards.customer(lead), "text": words, "document": paper}
        key = "desk.customer_sent_paper" if paper else "desk.customer_said" if words else "desk.customer_sent"
        text = Text(key, values)
        several = not self.topics and len(await self.work.leads.held_by(manager.id)) > 1
        keys = (self.talk(lead, manager),) if several else ()
        await self.post(
            manager, text, slot=copy_slot(lead, place), keys=keys, edit=edit, subject=lead, relayed=relayed,
            author="customer", answered=answered,
        )  # fmt: skip

    def words_of(
        self, lead: Lead, manager: Manager, words: Kept, answered: Answered = NOTHING, *, edit: bool = False
    ) -> Unsaid:
        """What the manager writes or sends, headed by the manager's name, as the customer is to see it."""
        text = Text(
            "desk.manager_said" if words.text else "desk.manager_sent", {"name": manager.name, "text": words.text}
        )
        html = self.texts.render(text, language_of(lead) or "")
        kind, file = (words.kind, words.file) if words.kind and words.file else (None, None)
        return Unsaid(said_slot(lead, words.place), html, kind, file, answered.message, answered.slot, edit)

    def html_for(self, lead: Lead, text: Text) -> str:
        """A text as the customer of a lead reads it."""
        return self.texts.render(text, language_of(lead) or "")

    async def photo(self, lead: Lead, manager: Manager) -> None:
        """Show the customer what the manager looks like, where there is a photo."""
        photo = await self.work.managers.photo(manager.id)
        if photo is None:
            return
        channel, address = await self.work.address_of(lead.conversation)
        self.work.send(
            Outgoing(
                lead.conversation, channel, address, f"photo{lead.id}.{manager.id}",
                "",
                document=Document("photo", photo.media_type, photo.content),
            )
        )  # fmt: skip

    async def to_customer(self, lead: Lead, words: Unsaid) -> None:
        """Bring what the manager wrote or sent to the customer."""
        channel, address = await self.work.address_of(lead.conversation)
        relayed = Relayed(words.kind, words.file) if words.kind and words.file else None
        self.work.send(
            Outgoing(
                lead.conversation, channel, address, words.slot, words.html, relayed=relayed, author="manager",
                edit=words.edit, answers=words.answers, answers_slot=words.answers_slot,
            )
        )  # fmt: skip

    async def post(  # noqa: PLR0913 -- a message has this many sides, each given by name
        self,
        manager: Manager,
        text: Text,
        *,
        slot: str = "desk",
        subject: Lead | None = None,
        keys: Rows = (),
        edit: bool = False,
        target: str | None = None,
        relayed: Relayed | None = None,
        author: Literal["customer", "bot"] = "bot",
        priority: Literal["reply", "notice"] = "reply",
        answered: Answered = NOTHING,
        thread: str | None = None,
    ) -> None:
        """Put a message into a manager's chat; `subject` is whose customer it tells of, `answered` what it answers there.

        `thread` is the topic that is answered in.
        """
        if manager.conversation is None:
            return
        channel, address = await self.work.address_of(manager.conversation)
        self.work.send(
            Outgoing(
                conversation=manager.conversation,
                channel=channel,
                address=address,
                slot=slot,
                html=self.texts.render(text, manager.language),
                keys=keys,
                edit=edit,
                target=target,
                relayed=relayed,
                author=author,
                priority=priority,
                subject=subject.conversation if subject else None,
                answers=answered.message,
                answers_slot=answered.slot,
                topic=(topic := self._topic(subject, manager)),
                thread=None if topic else thread,
            )
        )

    def talk(self, lead: Lead, manager: Manager) -> tuple[Key, ...]:
        """The button that chooses a customer to talk with."""
        return (self._named("desk.talk", TALK, lead, manager),)

    async def whom(
        self, words: Kept, held: Sequence[Lead], manager: Manager, thread: str | None = None, *, edit: bool = False
    ) -> None:
        """Ask for whom words are that were kept, and sent to nobody; with `edit`, they have changed meanwhile."""
        token = f"{TO}.{words.place}"
        choices = tuple((self._named("desk.to", token, lead, manager),) for lead in held)
        drop = Key(self.texts.label(Text("desk.drop"), manager.language), f"{DROP}.{words.place}.0")
        text = Text("desk.whom" if words.text else "desk.whom_file", {"text": words.text})
        keys = (*choices, (drop,))
        await self.post(manager, text, slot=f"whom.{words.place}", keys=keys, edit=edit, thread=thread)

    async def which(self, label: str, token: str, held: Sequence[Lead], manager: Manager, thread: str | None) -> None:
        """Ask which customer a command is about."""
        keys = tuple((self._named(label, token, lead, manager),) for lead in held)
        await self.post(manager, Text("desk.which"), slot="which", keys=keys, thread=thread)

    def _named(self, label: str, token: str, lead: Lead, manager: Manager) -> Key:
        named = Text(label, {"customer": cards.customer(lead)})
        return Key(self.texts.label(named, manager.language), f"{token}.{lead.id}")

    def key(self, label: str, token: str, lead: Lead, manager: Manager) -> Key:
        """A button about a lead, by the text of its label and what its token begins with."""
        return Key(self.texts.label(Text(label), manager.language), f"{token}.{lead.id}")


def language_of(lead: Lead) -> str | None:
    """The language the customer is spoken to, where it is known."""
    locale = lead.facts.get("locale")
    return locale if isinstance(locale, str) else None


def lead_of_slot(slot: str) -> int | None:
    """The number of the lead that a message in a manager's chat is about, by its slot."""
    found = _ABOUT.fullmatch(slot)
    return int(found[1]) if found else None


def slot_of(lead: Lead) -> str:
    """The slot of a lead's offer and card."""
    return f"lead{lead.id}"
