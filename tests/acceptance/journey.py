"""The acts of the journey, each as a customer, an account manager or the lender plays it and sees its result."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from playwright.async_api import Locator, Page, expect

from bot.core.values import Money, Months, Text
from tests.acceptance.seats import PATIENCE, Camera, LenderPanel, Seat
from tests.acceptance.tongues import Tongue
from tests.words import Words

CREDIT_CODE: Final = "92330106MA2B0QTX57"
REFERENCE: Final = re.compile(r"RG-\d{4}-\d{6}")
AMOUNT: Final = Money(Decimal(300_000))
PRODUCT: Final = Text("product.working_capital.name")


class Journey:
    """A customer, an account manager and a lender at one page, in one language."""

    def __init__(self, page: Page, tongue: Tongue, camera: Camera) -> None:
        self.page = page
        self.labels = tongue.page
        self.typed = tongue.typed
        self.words = Words(tongue.code)
        self.customer = Seat(page, "customer")
        self.manager = Seat(page, "manager")
        self.lender = LenderPanel(page)
        self._camera = camera

    async def shot(self, name: str, *, notices: bool = True) -> None:
        """A picture for people to look at."""
        await self._camera.take(self.page, name, notices=notices)

    async def answer(self, question: str, text: str) -> None:
        """This is the open question; it is answered by typing."""
        await self.customer.sees(self.words.opening(question))
        await self.customer.say(text)

    async def choose(self, question: str, label: str, **values: Any) -> None:
        """This is the open question; it is answered by a button."""
        await self.customer.sees(self.words.opening(question))
        await self.customer.press(self.words(label, **values))

    async def arrive_by_a_channel(self) -> None:
        customer, labels = self.customer, self.labels
        await expect(customer.root.get_by_role("button", name=labels.start, exact=True)).to_be_enabled(timeout=PATIENCE)
        await self.shot("before")
        await customer.tap(labels.menu)
        await customer.tap(labels.link)
        await customer.tap(labels.channel)
        await self.choose("welcome.language", f"language.{self.words.locale}")
        await customer.sees(self.words("segment.ask"))
        await self.shot("segment")
        await customer.press(self.words("segment.sole_trader"))
        await customer.sees(self.words("home.menu"))

    async def look_at_products(self) -> None:
        customer, words = self.customer, self.words
        await customer.press(words("home.products"))
        await customer.sees(words("product.working_capital.name"), "¥500,000", "7.20%", self._position(1))
        await self.shot("card")
        await customer.press(words("button.next"))
        await customer.sees(self._position(2))
        await expect(customer.latest).not_to_contain_text(words("product.working_capital.name"))
        await customer.press(words("button.previous"))
        await customer.sees(words("product.working_capital.name"), self._position(1))
        await customer.press(words("products.details"))
        await customer.sees(words("walk.to_feel"))
        await self.shot("product")
        await customer.press(words("walk.to_feel"))
        await self.answer("takings.ask_month", self.typed.turnover)
        await customer.sees(words("takings.other"))
        await self.shot("takings")
        await customer.press(words("walk.go_on"))
        await customer.sees(words("walk.to_risks"), "7.44%")
        for section in ("risks", "documents", "next"):
            await customer.press(words(f"walk.to_{section}"))
        await customer.sees(words("home.stories"))

    def _position(self, position: int) -> re.Pattern[str]:
        """That this card is shown of however many there are."""
        return re.compile(re.escape(self.words("cards.position", position=position, total="#")).replace(r"\#", r"\d+"))

    async def read_a_case_story(self) -> None:
        customer, words = self.customer, self.words
        await customer.press(words("home.stories"))
        await customer.sees(words("story.kind.illustrative"), re.compile(r"¥\d+,\d{3}"), words("lender.rivergate"))
        await self.shot("story")
        await customer.press(words("stories.more"))
        await customer.saw(re.compile(r"¥\d+,\d{3}\.\d{2}"))
        await customer.sees(words("story.kind.illustrative"), words("stories.others"))
        await self.shot("story-outcome")
        await customer.press(words("stories.products"))
        await customer.sees(words("product.working_capital.name"), self._position(1))

    async def check_eligibility(self) -> None:
        customer, words, typed = self.customer, self.words, self.typed
        await customer.press(words("products.check"))
        await self.choose("purpose.ask", "purpose.stock")
        await self.answer("amount.ask", typed.amount)
        await self.choose("has_licence.ask", "has_licence.yes")
        await self.answer("months_trading.ask", typed.trading)
        await self.agree_to_sensitive_questions()
        await self.answer("open_debts.ask", "0")
        told = await customer.saw(words("eligibility.meets", product=PRODUCT))
        await expect(told).to_contain_text(words("eligibility.notice"))
        await self.shot("eligibility")
        await customer.press(words("eligibility.see_details"))
        details = await customer.saw(self.words.opening("eligibility.met"))
        await expect(details).to_contain_text("¥300,000")
        await customer.sees(words("eligibility.see_details"))

    async def see_what_it_costs(self) -> None:
        """From the menu straight to a quote."""
        await self.customer.press(self.words("home.products"))
        await self.customer.sees(self.words("product.working_capital.name"))
        await self.shot("card")
        await self.customer.press(self.words("products.quote"))
        await self.answer("quote.ask_amount", self.typed.amount)
        await self.answer("quote.ask_months", self.typed.term)
        await self.customer.sees("¥300,000", "7.20%", "7.44%")
        await self.shot("quote")

    async def ask_for_a_quote(self) -> None:
        customer, words = self.customer, self.words
        await customer.press(words("products.quote"))
        await self.choose("quote.ask_amount", "button.keep", answer=AMOUNT)
        await self.answer("quote.ask_months", self.typed.term)
        await customer.sees(words("product.working_capital.name"), "¥300,000", "7.20%", "7.44%")
        await self.shot("quote")
        await customer.press(words("quote.whole_button"))
        await customer.sees(words("quote.next"))
        await customer.saw("420")  # basis points over the prime rate
        await customer.saw(re.compile(r"300,000\s*1,\d{3}\.\d{2}\s*0"))  # the schedule's last row
        await self.shot("whole-quote")

    async def consent(self, *, to_be_contacted: bool = True) -> None:
        await self.customer.press(self.words("home.apply"))
        await self.choose("consent.share_with_lender", "button.agree")
        await self.choose("consent.credit_enquiry", "button.agree")
        await self.customer.sees(self.words("consent.contact_by_manager"))
        await self.shot("consent")
        await self.customer.press(self.words("button.agree" if to_be_contacted else "button.refuse"))

    async def agree_to_sensitive_questions(self) -> None:
        await self.customer.sees(self.words("consent.financial_details"))
        await self.shot("sensitive")
        await self.customer.press(self.words("button.agree"))

    async def mistype_the_amount(self) -> None:
        """What is no amount is answered by a hint with an example, and the question stays open."""
        await self.answer("amount.ask", self.typed.no_amount)
        await self.customer.sees(
            self.words("input.amount", said=self.typed.no_amount), self.words.opening("amount.ask")
        )
        await self.shot("hint")

    async def ask_in_the_middle(self) -> None:
        """A question of the customer's own is answered, then the open one is asked once more."""
        await self.answer("purpose.ask", self.typed.question)
        await self.customer.saw(self.typed.answered)
        await self.customer.sees(self.words("purpose.ask"))
        await self.shot("aside")

    async def answer_about_the_business(self) -> None:
        await self.answer("business_name.ask", self.typed.shop)
        await self.choose("has_licence.ask", "has_licence.yes")
        await self.answer("uscc.ask", CREDIT_CODE)
        await self.answer("licence_months.ask", self.typed.corrected)

    async def share_the_phone_number(self) -> None:
        await self.answer("contact_name.ask", self.typed.name)
        await self.customer.saw(self.words.opening("phone.ask"))
        await self.customer.tap(self.words("button.contact"))
        await self.shot("share")
        await self.customer.root.get_by_role("alertdialog").get_by_role("button", name=self.labels.share).click()

    async def send_papers_later(self) -> None:
        await self.customer.sees(self.words.opening("papers.offer"), self.words("document.name.business_licence"))
        await self.shot("papers")
        await self.customer.press(self.words("papers.later"))

    async def review_and_correct(self) -> None:
        customer, words = self.customer, self.words
        await customer.sees(words("preapply.review"), words("product.working_capital.name"), "¥300,000", "¥150,000")
        await customer.sees(self.typed.shop, CREDIT_CODE, self._months(96), self.typed.name, "13800138101")
        await self.shot("review")
        await customer.press(words("button.change", field=Text("label.months_trading")))
        await self.answer("months_trading.ask", self.typed.corrected)
        await customer.sees(words("preapply.review"), self._months(108))

    def _months(self, count: int) -> str:
        return self.words("answer", answer=Months(count))

    async def submit(self) -> Locator:
        """The progress card."""
        customer, words = self.customer, self.words
        await customer.press(words("preapply.confirm"))
        told = await customer.saw(words.opening("preapply.submitted"))
        await expect(told).to_contain_text(REFERENCE)
        await customer.saw(words.opening("hosted_form.offer"))
        await customer.press(words("hosted_form.later"))
        await customer.sees(words("preapply.waiting"))
        return await customer.same(await customer.saw(words("stage.submitted.means")))

    async def hear_of(self, stage: str, card: Locator) -> None:
        """The card, edited in place, tells of a stage."""
        await expect(card).to_contain_text(self.words(f"stage.{stage}.means"), timeout=PATIENCE)

    async def hear_of_below(self, stage: str, card: Locator) -> None:
        """The card, out of sight by now, is sent anew and tells of a stage; in its old place it says so."""
        await self.customer.saw(self.words(f"stage.{stage}.means"))
        await expect(card).to_contain_text(self.words("card.moved"))

    async def find_the_team(self) -> None:
        """The account managers have joined by themselves; the first has the staff's phone."""
        await self.manager.look()
        await self.manager.saw(self.words("desk.welcome", name=self.typed.manager))

    async def ask_for_a_person(self) -> None:
        await self.customer.look()
        await self.customer.say(self.typed.person)
        await self.customer.saw(self.words("handoff.requested"))

    async def accept(self) -> None:
        """The manager takes the lead; the customer sees who it is."""
        await self.manager.look()
        await self.manager.press(self.words("desk.accept"))
        await self.manager.sees(self.words.opening("desk.begin"))
        await self.customer.saw(self.typed.manager)

    async def talk(self) -> None:
        """Words go both ways."""
        await self.manager.say(self.typed.greeting)
        await self.customer.look()
        await self.customer.sees(self.typed.greeting)
        await self.customer.say(self.typed.reply)
        await self.manager.look()
        await self.manager.sees(self.typed.reply)

    async def give_back(self) -> None:
        await self.manager.press(self.words("desk.return"))
        await self.customer.look()
        await self.customer.saw(self.words("handoff.back"))
