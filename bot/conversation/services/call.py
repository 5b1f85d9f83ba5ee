"""What a service is given and what it answers.

Local services answer within the turn's transaction. Remote ones are prepared there and carried out by a job, whose
answer comes back as an event of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.desk import Desk
from bot.conversation.facts import Market
from bot.conversation.papers.wording import Words
from bot.conversation.ports import Conversation, Document, Job, Outgoing, UnitOfWork
from bot.core.values import Text, Values
from bot.ledger.audit import CUSTOMER, Detail, audited
from bot.publishing.content import Content


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service within a turn."""

    work: UnitOfWork
    conversation: Conversation
    content: Content
    desk: Desk
    market: Market
    now: datetime
    locale: str
    request: str
    values: Values

    def text(self, name: str) -> str:
        """The text that the flow passes under `name`; empty where it passes none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def tell(self, shown: Text) -> None:
        """Say something to the customer beside what the flow says."""
        conversation = self.conversation
        self.work.send(
            Outgoing(
                conversation=conversation.id,
                channel=conversation.channel,
                address=conversation.address,
                slot=f"told.{self.request}",
                html=self.content.texts.render(shown, self.locale),
                release=self.content.number,
            )
        )

    def hand(self, document: Document, caption: Text) -> None:
        """Give the customer a file."""
        conversation, texts = self.conversation, self.content.texts
        self.work.send(
            Outgoing(
                conversation=conversation.id,
                channel=conversation.channel,
                address=conversation.address,
                slot=f"file.{self.request}.{document.name}",
                html=texts.render(caption, self.locale),
                document=document,
                release=self.content.number,
            )
        )

    @property
    def words(self) -> Words:
        """What papers are written in."""
        return Words(self.content.texts, self.locale)

    def audit(self, name: str, **details: Detail) -> None:
        """Have an act of the customer's written down."""
        self.work.audit(audited(name, CUSTOMER, self.conversation.id, self.now, **details))


@dataclass(frozen=True, slots=True)
class Result:
    """What a service answers: the outcome that the flow branches on, and values for its answers."""

    outcome: str
    values: Values


Service = Callable[[Call], Awaitable[Result]]
Remote = Callable[[Call], Awaitable[Job]]
