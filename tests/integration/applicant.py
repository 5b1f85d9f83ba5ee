"""A customer who fills in the whole pre-application, question by question, whatever happens to the bot in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.core.values import Money, Months, Text, Value
from bot.simulator.client import Phone, SeenMessage
from bot.texts.texts import BULLET
from tests.words import Words

CREDIT_CODE: Final = "92330106MA2B0QTX57"
PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by its text, and how it is answered: by typing, or by a button's key."""

    asked: str
    typed: str = ""
    pressed: str = ""
    shown: tuple[str, Value] | None = None
    """The review's line for it: the key of the field and the answer."""


REVIEW: Final = Question("preapply.review")
FORM: Final = (
    Question("welcome.language", pressed="language.zh"),
    Question("segment.ask", pressed="segment.sole_trader"),
    Question("home.menu", pressed="home.apply"),
    Question("consent.share_with_lender", pressed="button.agree"),
    Question("consent.credit_enquiry", pressed="button.agree"),
    Question("consent.contact_by_manager", pressed="button.agree"),
    Question("segment.ask", pressed="segment.sole_trader", shown=("label.segment", Text("segment.sole_trader"))),
    Question("product.working_capital.name", pressed="preapply.this_one",
             shown=("label.product", Text("product.working_capital.name"))),
    Question("amount.ask", typed="30万", shown=("label.amount", Money(Decimal(300_000)))),
    Question("months.ask", typed="12个月", shown=("label.months", Months(12))),
    Question("purpose.ask", pressed="purpose.stock", shown=("label.purpose", Text("purpose.stock"))),
    Question("business_name.ask", typed="秀英面馆", shown=("label.business_name", "秀英面馆")),
    Question("has_licence.ask", pressed="has_licence.yes", shown=("label.has_licence", Text("has_licence.yes"))),
    Question("uscc.ask", typed=CREDIT_CODE, shown=("label.uscc", CREDIT_CODE)),
    Question("licence_months.ask", typed="8年", shown=("label.licence_months", Months(96))),
    Question("months_trading.ask", typed="8年", shown=("label.months_trading", Months(96))),
    Question("monthly_turnover.ask", typed="15万", shown=("label.monthly_turnover", Money(Decimal(150_000)))),
    Question("consent.financial_details", pressed="button.agree"),
    Question("open_debts.ask", typed="2万", shown=("label.open_debts", Money(Decimal(20_000)))),
    Question("open_loans.ask", typed="1", shown=("label.open_loans", 1)),
    Question("recent_applications.ask", typed="0", shown=("label.recent_applications", 0)),
    Question("contact_name.ask", typed="林秀英", shown=("label.contact_name", "林秀英")),
    Question("phone.ask", typed="138 0013 8101", shown=("label.phone", "+8613800138101")),
    Question("papers.offer", pressed="papers.later", shown=("label.papers", Text("papers.later"))),
)  # fmt: skip


class Applicant:
    """Somebody with a phone, who answers in Chinese."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.words = Words("zh")

    async def is_asked(self, question: Question) -> SeenMessage:
        """The question, once it has come since the last answer."""
        opening, label = self.words.opening(question.asked), self.words(question.pressed) if question.pressed else None
        return await self.phone.wait_for(
            lambda message: opening in message.text and (label is None or label in message.labels), seconds=PATIENCE
        )

    async def answers(self, question: Question, message: SeenMessage) -> None:
        """Answer it; what comes of it is not awaited."""
        if question.pressed:
            await self.phone.press(message, self.words(question.pressed))
        else:
            await self.phone.text(question.typed)

    async def fills_in(self, form: Sequence[Question] = FORM) -> None:
        """Answer question after question."""
        for question in form:
            await self.answers(question, await self.is_asked(question))

    def review(self) -> list[str]:
        """The lines that the review must have, and no others."""
        return [
            BULLET + self.words("review.line", field=Text(field), answer=answer)
            for field, answer in (question.shown for question in FORM if question.shown)
        ]

    def reviewed(self, message: SeenMessage) -> list[str]:
        """The lines of a review as it is shown."""
        return [line for line in message.text.splitlines() if line.startswith(BULLET)]

    async def openings(self) -> list[str]:
        """How each message that asks something begins, as far as the form asks it."""
        known = {self.words.opening(question.asked) for question in FORM}
        lines = [message.text.splitlines()[0] for message in (await self.phone.chat()).messages if message.by_bot]
        return [line for line in lines if line in known]
