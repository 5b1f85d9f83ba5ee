"""What a manager does with a customer by the buttons of the card: how far it is, products and quotes, papers, passing on.

Every menu stands in place of the card's own buttons, and gives way to them when something was done. What goes to the customer goes
as the manager's words do (`LeadDesk.speak`), so that it waits too until the customer has heard who is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bot.conversation.desk_cards import LeadCards
from bot.conversation.desk_leads import HELD, LeadDesk
from bot.conversation.desk_messages import Messages, language_of
from bot.conversation.desk_replies import said_slot
from bot.conversation.facts import Market
from bot.conversation.ports import Key, StoredQuote, UnitOfWork
from bot.conversation.quotes_shown import keep_shown
from bot.core.values import Money, Months, Text, Values
from bot.handoff import cards
from bot.handoff.notes import Unsaid, notes_of, with_notes
from bot.handoff.pursuit import LOST_REASONS, PURSUITS
from bot.handoff.records import Lead, Manager
from bot.handoff.routing import Seat
from bot.ledger.audit import audited, by_manager
from bot.products.cards import product_values
from bot.products.catalogue import Product
from bot.products.documents import DOCUMENTS, document_text
from bot.products.quote import Quote, make_quote, quote_pages, short_quote

FOLLOWED: Final = frozenset(("more", "less", "said", "stage", "pursue", "note"))
"""What can be done with a customer of one's own whose chat is over."""

ACTS: Final = FOLLOWED | {
    "acts",
    "product",
    "send",
    "quote",
    "quoted",
    "whole",
    "paper",
    "ask",
    "hand",
    "hand_to",
    "hand_now",
}
"""What the tokens of a card's buttons name behind `m.`; some name a choice behind a point, all the lead at the end."""

LOCKING: Final = frozenset(("hand_now",))
"""What decides who has a lead, and so needs the routing lock before the lead's."""


@dataclass(frozen=True, slots=True)
class LeadActs:
    """Acts of one manager by a press on the message `target`; `place` tells what is sent apart from what was sent before."""

    leads: LeadDesk
    manager: Manager
    market: Market
    target: str | None
    place: str

    async def pressed(self, act: str, choice: str, lead: Lead) -> Text:
        """Carry out a press; the short notice that answers it."""
        if not await self.may(act, lead):
            return Text("desk.notice.not_yours")
        match act:
            case "more":
                await self._cards.whole(lead, self.manager, self.target)
            case "said":
                await self._cards.talk(lead, self.manager, self.target, int(choice) if choice.isdecimal() else 0)
            case "acts":
                await self._menu(lead, self._cards.acts(lead, self.manager))
            case "stage":
                await self._menu(lead, self._cards.chosen_from(PURSUITS, "pursuit", "pursue", lead, self.manager))
            case "pursue":
                return await self._pursue(lead, choice)
            case "product" | "quote":
                return await self._offer_products(lead, act)
            case "send":
                return await self._send_product(lead, choice)
            case "quoted":
                return await self._send_quote(lead, choice)
            case "whole":
                return await self._send_whole(lead)
            case "paper":
                await self._menu(
                    lead,
                    self._cards.chosen_from(await self._papers(lead), "document.name", "ask", lead, self.manager),
                )
            case "ask":
                return await self._ask(lead, choice)
            case "hand":
                return await self._offer_colleagues(lead)
            case "hand_to":
                return await self._confirm(lead, choice)
            case "hand_now":
                return await self._hand_on(lead, choice)
            case _:
                await self._cards.short(lead, self.manager, self.target)
        return self._about(lead)

    async def may(self, act: str, lead: Lead) -> bool:
        """Whether the customer is this manager's: held, or for following up the manager's own."""
        if lead.manager != self.manager.id:
            return False
        if lead.status in HELD:
            return True
        return act in FOLLOWED and await self._work.assignments.owner_of(lead.conversation) == self.manager.id

    @property
    def _messages(self) -> Messages:
        return self.leads.messages

    @property
    def _cards(self) -> LeadCards:
        return self.leads.cards

    @property
    def _work(self) -> UnitOfWork:
        return self.leads.work

    def _about(self, lead: Lead) -> Text:
        return Text("desk.notice.talking", {"customer": cards.customer(lead)})

    async def _menu(self, lead: Lead, keys: tuple[tuple[Key, ...], ...]) -> None:
        await self._cards.short(lead, self.manager, self.target, keys)

    # How far it is

    async def _pursue(self, lead: Lead, choice: str) -> Text:
        pursuit, _, why = choice.partition(".")
        found = next((one for one in PURSUITS if one == pursuit), None)
        if found is None or (why and why not in LOST_REASONS):
            return Text("desk.notice.gone")
        if found == "lost" and not why:
            await self._menu(lead, self._cards.chosen_from(LOST_REASONS, "lost", "pursue.lost", lead, self.manager))
            return Text("desk.notice.why")
        lead = await self.leads.pursue(lead, self.manager, found, why or None)
        await self._cards.short(lead, self.manager, self.target)
        return Text("desk.notice.noted")

    # Products and quotes

    async def _offer_products(self, lead: Lead, act: str) -> Text:
        """The products that are made for the customer, as buttons; before them the last quote, where it still holds."""
        if act == "quote" and self.market.operator != "lender":
            return Text("desk.notice.no_quotes")
        for_whom = self._segment(lead)
        catalogue = self._messages.content.catalogue
        offered = catalogue.for_segment(for_whom) if for_whom else catalogue.products
        names = {product.id: Text(f"product.{product.id}.name") for product in offered}
        chosen = "send" if act == "product" else "quoted"
        keys = [self._cards.named(name, f"{chosen}.{product}", lead, self.manager) for product, name in names.items()]
        rows = [tuple(keys[place : place + 2]) for place in range(0, len(keys), 2)]
        last = await self._standing(lead) if act == "quote" else None
        if last is not None:
            label = Text("desk.last_quote", {name: last.values[name] for name in ("principal", "months")})
            rows.insert(0, (self._cards.named(label, "quoted.last", lead, self.manager),))
        rows.append((self._messages.key("desk.back_to", "m.acts", lead, self.manager),))
        await self._menu(lead, tuple(rows))
        return Text("desk.notice.which_product")

    async def _send_product(self, lead: Lead, choice: str) -> Text:
        product = self._product(choice)
        if product is None:
            return Text("desk.notice.gone")
        today = self.market.today(self.leads.now)
        values = product_values(self._messages.content.catalogue, product, today, self._segment(lead) or None)
        lead = await self._send(lead, Text("product.card", values))
        self._audit("desk.product_sent", lead, product=product.id)
        await self._done(lead, Text(f"product.{product.id}.name"))
        return Text("desk.notice.sent")

    async def _send_quote(self, lead: Lead, choice: str) -> Text:
        """A quote as the customer was shown it, or a new one for what the customer wants, which is stored as it is shown."""
        if self.market.operator != "lender":
            return Text("desk.notice.no_quotes")
        if choice == "last":
            last = await self._standing(lead)
            if last is None:
                return Text("desk.notice.gone")
            lead = await self._send(lead, Text("quote.short", last.values))
            await self._done(lead, Text(f"product.{last.product}.name"), whole=True)
            return Text("desk.notice.sent")
        product = self._product(choice)
        made = self._quote(lead, product) if product else None
        if product is None or not isinstance(made, Quote):
            return Text("desk.notice.gone")
        await keep_shown(
            self._work, lead.conversation, made, self._messages.content.number, self.leads.now, by_manager(self.manager.id)
        )  # fmt: skip
        lead = await self._send(lead, short_quote(made))
        await self._done(lead, Text(f"product.{product.id}.name"), whole=True)
        return Text("desk.notice.sent")

    async def _send_whole(self, lead: Lead) -> Text:
        """Everything that the last quote must show."""
        latest = await self._work.quotes.latest(lead.conversation)
        if latest is None or self.market.operator != "lender":
            return Text("desk.notice.no_quotes")
        for number, page in enumerate(quote_pages(latest.values)):
            lead = await self._send(lead, page, f".{number}")
        await self._messages.about("desk.sent_whole", lead, self.manager)
        return Text("desk.notice.sent")

    async def _standing(self, lead: Lead) -> StoredQuote | None:
        """The quote that the customer was shown last, where it still holds."""
        last: StoredQuote | None = await self._work.quotes.latest(lead.conversation)
        today = self.market.today(self.leads.now)
        return last if last and last.values["valid_until"] >= today else None  # type: ignore[operator]

    def _quote(self, lead: Lead, product: Product) -> object:
        """What the customer wants of this product, within what it offers."""
        amount, months = lead.facts.get("amount"), lead.facts.get("months")
        wanted = amount.amount if isinstance(amount, Money) else product.amount.usual
        term = months.count if isinstance(months, Months) else int(product.months.usual)
        return make_quote(
            self._messages.content.catalogue,
            product.id,
            amount=product.amount.nearest(wanted),
            months=int(product.months.nearest(term)),
            start=self.market.today(self.leads.now),
        )

    def _product(self, choice: str) -> Product | None:
        return next((one for one in self._messages.content.catalogue.products if one.id == choice), None)

    def _segment(self, lead: Lead) -> str:
        segment = lead.facts.get("segment")
        return segment if isinstance(segment, str) else ""

    # Papers

    async def _papers(self, lead: Lead) -> tuple[str, ...]:
        """What the lender lacks where it has said so, else what the product takes, else every kind of document."""
        applications = await self._work.applications.of_conversation(lead.conversation)
        missing = applications[-1].progress.missing if applications else ()
        product = self._product(str(lead.facts.get("product")))
        audience = product.audience.get(self._segment(lead)) if product else None
        for named in (missing, audience.documents if audience else ()):
            if known := tuple(one for one in DOCUMENTS if one in named):
                return known
        return DOCUMENTS

    async def _ask(self, lead: Lead, choice: str) -> Text:
        if choice not in DOCUMENTS:
            return Text("desk.notice.gone")
        document = document_text(choice)
        lead = with_notes(lead, replace(notes_of(lead), paper=choice))
        await self._work.leads.save(lead)
        asked = Text("desk.asks_document", {"name": self.manager.name, "document": document})
        lead = await self._speak(lead, asked)
        self._audit("desk.document_asked", lead, document=choice)
        await self._done(lead, document, key="desk.asked_for")
        return Text("desk.notice.sent")

    # Passing on

    async def _colleagues(self) -> tuple[Seat, ...]:
        """Who is there now and has room."""
        seats = await self.leads.routing.seats()
        return tuple(
            seat for seat in seats if seat.there(self.leads.now) and seat.free and seat.manager.id != self.manager.id
        )

    async def _offer_colleagues(self, lead: Lead) -> Text:
        there = await self._colleagues()
        if not there:
            return Text("desk.notice.no_colleague")
        rows = tuple(
            (
                self._cards.named(
                    Text("desk.colleague", {"name": seat.manager.name, "load": seat.load, "capacity": seat.manager.profile.capacity}),
                    f"hand_to.{seat.manager.id}", lead, self.manager,
                ),
            )
            for seat in there
        )  # fmt: skip
        await self._menu(lead, (*rows, (self._messages.key("desk.back_to", "m.acts", lead, self.manager),)))
        return Text("desk.notice.which_colleague")

    async def _colleague(self, choice: str) -> Manager | None:
        return next((seat.manager for seat in await self._colleagues() if str(seat.manager.id) == choice), None)

    async def _confirm(self, lead: Lead, choice: str) -> Text:
        """The customer hears of it, so it is asked about once."""
        to = await self._colleague(choice)
        if to is None:
            return Text("desk.notice.no_colleague")
        sure = self._cards.named(Text("desk.hand_now", {"name": to.name}), f"hand_now.{to.id}", lead, self.manager)
        await self._menu(lead, ((sure,), (self._messages.key("desk.back_to", "m.hand", lead, self.manager),)))
        return self._about(lead)

    async def _hand_on(self, lead: Lead, choice: str) -> Text:
        to = await self._colleague(choice)
        if to is None:
            return Text("desk.notice.no_colleague")
        await self.leads.reassign(lead, to, self.manager.id, "colleague")
        return Text("desk.notice.handed_on", {"name": to.name})

    # Sending

    async def _send(self, lead: Lead, text: Text, part: str = "") -> Lead:
        """Bring a text of the bot's to the customer, headed by the manager's name."""
        return await self._speak(lead, Text("desk.manager_shows", {"name": self.manager.name, "shown": text}), part)

    async def _speak(self, lead: Lead, text: Text, part: str = "") -> Lead:
        html = self._messages.texts.render(text, language_of(lead) or "")
        return await self.leads.speak(lead, Unsaid(said_slot(lead, f"{self.place}{part}"), html))

    async def _done(self, lead: Lead, what: Text, *, key: str = "desk.sent_thing", whole: bool = False) -> None:
        """Say in the manager's chat what went out, and give the card its own buttons back."""
        values: Values = {"customer": cards.customer(lead), "what": what}
        keys = ((self._messages.key("desk.send_whole", "m.whole", lead, self.manager),),) if whole else ()
        await self._messages.post(self.manager, Text(key, values), slot=f"a{lead.id}", subject=lead, keys=keys)
        await self._cards.short(lead, self.manager, self.target)

    def _audit(self, name: str, lead: Lead, **details: str) -> None:
        manager = self.manager.id
        act = audited(
            name, by_manager(manager), lead.conversation, self.leads.now, lead=lead.id, manager=manager, **details
        )
        self._work.audit(act)
