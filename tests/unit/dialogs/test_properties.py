"""Whatever a customer, the lender and account managers do, in whatever order, the engine keeps its promises."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.figures import Table
from bot.core.values import Months, Text, Value, Values
from bot.dialogs.effects import OpenHandoff, Request
from bot.dialogs.engine import TWICE_WITHIN
from bot.dialogs.events import Attached, Opened, Pressed, Released, Returned, Said, Shared, Signalled, TimedOut
from bot.dialogs.inputs import FREE_KINDS
from bot.dialogs.model import Ask
from bot.dialogs.state import State
from bot.products.fields import FIELDS
from tests.unit.dialogs.world import MOST_CALLS, World, content

TYPED = {
    "amount": ("30万", "50,000", "１２００００", "20-30万", "三十万", "1.5 million", "30", "0", "much"),
    "balance": ("0", "没有", "2万", "none", "30", "三五万", "?"),
    "months": ("12", "2年", "半年", "18个月", "3", "long", "400"),
    "months_ahead": ("7", "半年", "三四个月", "long"),
    "count": ("3", "-", "三"),
    "phone": ("13800138000", "+86 138 0013 8000", "12345", "no phone"),
    "uscc": ("91110000600037341L", "9111 0000 6000 3734 1L", "123"),
    "words": ("王记面馆", "Li's Noodles", "!!!", "x" * 300),
    "name": ("李梅", "Will Smith", "5", "x"),
}
QUESTIONS = (
    "利息多少？",
    "What is the interest?",
    "多久能放款",
    "can I repay early",
    "5万，利息多少？",
    "12. How much a month?",
)
COMMANDS = (
    "/start", "/help", "/cancel", "/back", "人工", "为什么问", "/language", "/privacy", "投诉", "撤回", "/delete", "产品", "我要申请",
    "进度", "/bot", "异议", "撤回申请",
)  # fmt: skip
CHATTER = ("yes", "同意", "好", "1", "2", "不", "asdf", "😊", "跳过", "", "取消吧", "menu")
WORDS = Text("risk.warning")
AT_A_DOCUMENT: Values = {
    "draft": "d",
    "papers_needed": ("lease",),
    "paper_names": (WORDS,),
    "document": "lease",
    "document_name": WORDS,
    "page_count": 0,
    "paper_number": 1,
    "paper_total": 2,
    "so_far": WORDS,
}
DOCUMENTS = {
    "offer-documents": ("wanted", "none"),
    "first-document": ("found", "none"),
    "next-document": ("found", "none"),
    "sum-documents": ("summed",),
    "take-page": ("noted", "found"),
    "replace-page": ("noted", "found"),
    "list-pages": ("found", "none"),
    "show-page": ("shown", "none"),
    "remove-page": ("left", "none"),
    "complete-document": ("more", "all", "no_consent", "none"),
}
KINDS = ("photo", "document", "voice", "video", "sticker", "location", "other")
STAGES = (
    "submitted", "approved", "counter_offer", "declined", "signing", "disbursing", "disbursed", "docs_missing",
    "docs_complete", "withdrawn", "expired", "edit", "nothing", "late",
)  # fmt: skip
SILENT = frozenset({"submitted", "disbursing", "docs_complete", "edit", "nothing"})
TABLE = Table((WORDS, WORDS), ((WORDS, 1),))
PRODUCTS = ("working_capital", "equipment", "harvest", "flexible")
NOTICES = ("share_with_lender", "credit_enquiry", "contact_by_manager", "marketing", "financial_details")
CONSENT: Values = {
    "consent_purpose": WORDS, "consent_effect": WORDS, "consent_meaning": WORDS, "consent_state": WORDS,
    "consent_time": datetime(2026, 11, 20, tzinfo=UTC), "consent_end": WORDS,
}  # fmt: skip
DECIDED: tuple[tuple[str, Values], ...] = (
    ("undecided", {}),
    ("given", {"consent_financial_details": "given"}),
    ("refused", {"consent_financial_details": "refused"}),
)
"""How a customer may have decided on sensitive questions, and what the form is told of it."""
SLOT = datetime(2026, 11, 30, 1, tzinfo=UTC)
ASKED = (*FIELDS, "consent", "done")


def application_outcomes(draw: Any, service: str) -> tuple[str, Values]:
    """Any answer that a service about an application in progress may give."""
    match service:
        case "list-applications":
            card: dict[str, Value] = {
                "card": WORDS,
                "slot": "card.a1",
                "placed": draw(st.sampled_from(("new", "moved"))),
            }
            return draw(st.sampled_from(("found", "none"))), {"cards": (card,)}
        case "find-withdrawable":
            found: dict[str, Value] = {"application": "a1", "another": draw(st.sampled_from((None, "a2")))}
            return draw(st.sampled_from(("one", "too_late", "none"))), found
        case "compare-offer":
            return draw(st.sampled_from(("compared", "none"))), {"offer_table": TABLE}
        case _:
            reached = draw(st.sampled_from(("signing", "withdrawn", "declined")))
            return draw(st.sampled_from(("accepted", "refused", "failed"))), {"stage_reached": reached}


def correction_outcomes(draw: Any, service: str) -> tuple[str, Values]:
    """Any answer that a service about a correction may give."""
    match service:
        case "list-held":
            return draw(st.sampled_from(("found", "none"))), {"held": (WORDS,), "held_fields": ("phone", "open_debts")}
        case "keep-correction":
            return draw(st.sampled_from(("kept", "with_lender", "no_consent", "closed"))), {"application": "a1"}
        case _:
            return draw(st.sampled_from(("accepted", "refused", "no_consent", "failed"))), {}


def consent_outcomes(draw: Any, service: str) -> tuple[str, Values]:
    """Any answer that a service may give about what was decided on notices."""
    if service == "check-consents":
        stands = ("stand", "stand", "share_with_lender", "credit_enquiry", "financial_details", "odd")
        return draw(st.sampled_from(stands)), {}
    decided: tuple[str, Values] = draw(st.sampled_from(DECIDED))
    return decided


APPOINTMENTS = frozenset(
    ("begin-call-back", "begin-branch", "begin-visit", "offer-slots", "book-appointment", "list-appointments",
     "open-appointment", "cancel-appointment", "list-branches", "show-branch")
)  # fmt: skip


def appointment_outcomes(draw: Any, service: str) -> tuple[str, Values]:
    """Any answer that a service about appointments may give."""
    match service:
        case "begin-call-back":
            return draw(st.sampled_from(("offered", "kept", "none"))), {"appointment_kind": "call_back", "branch": None}
        case "begin-branch" | "begin-visit":
            return "offered", {"appointment_kind": service.removeprefix("begin-"), "appointment": None}
        case "offer-slots":
            slots: Values = {
                "slot_names": ("s1", "s2"),
                "slot_1": SLOT,
                "slot_2": SLOT,
                "slots_day": SLOT,
                "slots_for": WORDS,
                "slots_after": SLOT,
            }
            return draw(st.sampled_from(("found", "none"))), slots
        case "book-appointment":
            return draw(st.sampled_from(("booked", "taken", "none"))), {}
        case "list-appointments":
            listed_times: Values = {"appointment_lines": (WORDS,), "appointment_names": ("a1", "a2")}
            return draw(st.sampled_from(("found", "none"))), listed_times
        case "open-appointment":
            one: Values = {"appointment": "1", "appointment_kind": "visit", "branch": None, "appointment_line": WORDS}
            return draw(st.sampled_from(("found", "none"))), one
        case "cancel-appointment":
            return draw(st.sampled_from(("cancelled", "none"))), {}
        case "list-branches":
            return draw(st.sampled_from(("found", "none"))), {"branch_names": tuple(content().branches)}
        case "show-branch":
            return draw(st.sampled_from(("found", "none"))), {
                "branch_card": WORDS,
                "branch_map": "https://example.com/",
            }
        case _:
            raise AssertionError(service)


def outcomes(draw: Any, request: Request | OpenHandoff, *, refusing: bool) -> tuple[str, Values]:
    """Any answer that the service may give."""
    if isinstance(request, OpenHandoff):
        return draw(st.sampled_from(("offered", "nobody"))), {"minutes": 5, "hours": Text("desk.hours")}
    match request.service:
        case "list-products":
            products = draw(st.lists(st.sampled_from(PRODUCTS), max_size=3, unique=True))
            return ("found" if products else "none"), {"products": tuple(products)}
        case "list-stories":
            told = draw(st.lists(st.sampled_from([story.id for story in content().stories]), max_size=2, unique=True))
            return ("found" if told else "none"), {"stories": tuple(told)}
        case "next-question":
            return draw(st.sampled_from(ASKED)), {}
        case "assess-eligibility":
            outcome = draw(st.sampled_from(("meets", "person", "not_met")))
            instead = draw(st.lists(st.sampled_from(PRODUCTS), max_size=3, unique=True))
            result: Values = {"eligibility": WORDS, "eligibility_outcome": outcome, "alternatives": tuple(instead)}
            return outcome, {**result, "amount_would_do": draw(st.booleans())}
        case "quote":
            quoted: Values = {"quote": "q", "quote_text": WORDS, "refusal": WORDS}
            return "refused" if refusing else draw(st.sampled_from(("quoted", "refused", "withheld"))), quoted
        case "quote-less" | "quote-more" | "quote-shorter" | "quote-longer":
            return draw(st.sampled_from(("quoted", "refused"))), {"quote": "q", "quote_text": WORDS}
        case "whole-quote":
            return draw(st.sampled_from(("shown", "none"))), {"quote_pages": (WORDS, WORDS), "schedule": TABLE}
        case "keep-quote":
            return draw(st.sampled_from(("kept", "none"))), {"kept_count": 2}
        case "list-quotes":
            found: Values = {"quote_lines": (WORDS,), "kept_quotes": ("q1", "q2"), "kept_count": 2}
            return draw(st.sampled_from(("found", "none"))), found
        case "reopen-quote":
            return draw(st.sampled_from(("reopened", "none"))), {"product": PRODUCTS[0], "reopened": True}
        case "let-quotes-go":
            return "gone", {}
        case "compare-quotes" | "compare-products":
            side_by_side: Values = {"compared_products": PRODUCTS[:2], "comparison_text": WORDS, "comparison": TABLE}
            return draw(st.sampled_from(("compared", "few", "withheld"))), side_by_side
        case "list-rivals":
            rivals = draw(st.lists(st.sampled_from(PRODUCTS), max_size=2, unique=True))
            return ("found" if rivals else "none"), {"rivals": tuple(rivals)}
        case "why-this-one":
            return "found", {"reasons": (WORDS,)}
        case "repayment-on-takings":
            return draw(st.sampled_from(("fair", "unknown", "withheld"))), {"burden": WORDS}
        case service if service in APPOINTMENTS:
            return appointment_outcomes(draw, service)
        case "find-answer":
            near = {topic: content().answers.title(topic) for topic in draw(st.sampled_from(((), ("interest",))))}
            values: dict[str, Value] = {"answer": WORDS, "person": draw(st.booleans()), "near": near}
            return draw(st.sampled_from(("found", "unsure"))), values
        case "place-number" | "find-form":
            return draw(st.sampled_from(("form", "open", "filled", "none"))), {"answer": WORDS, "application": "a-1"}
        case "check-consents" | "financial-consent":
            return consent_outcomes(draw, request.service)
        case service if service in DOCUMENTS:
            return document_outcomes(draw, service)
        case (
            "list-applications" | "find-withdrawable" | "compare-offer"
            | "withdraw-application" | "accept-offer" | "request-review"
        ):  # fmt: skip
            return application_outcomes(draw, request.service)
        case "list-consents":
            listed: Values = {"consents": (WORDS,), "consent_notices": NOTICES, "several_given": draw(st.booleans())}
            return draw(st.sampled_from(("found", "none"))), listed
        case "show-consent":
            return draw(st.sampled_from(("given", "refused", "withdrawn", "never"))), CONSENT
        case "withdraw-consent":
            return draw(st.sampled_from(("withdrawn", "none"))), {"withdrawn": (WORDS,)}
        case "consent-receipt" | "export-data":
            return draw(st.sampled_from(("given", "failed"))), {}
        case "look-over":
            asked: Values = {"signal_asked": "many_loans", "signal_question": WORDS}
            return draw(st.sampled_from(("ask", "clear", "odd"))), asked
        case "respect-refusals":
            no = draw(st.lists(st.sampled_from(NOTICES[:3]), unique=True))
            return "respected", {f"consent_{notice}": "refused" for notice in no}
        case "list-held" | "keep-correction" | "send-correction":
            return correction_outcomes(draw, request.service)
        case "explain-results":
            return draw(st.sampled_from(("found", "none"))), {"results": (WORDS, WORDS)}
        case "record-minor" | "record-adult" | "note-fee-first":
            return "noted", {"under_age": request.service == "record-minor"}
        case "withdraw-consents":
            return draw(st.sampled_from(("withdrawn", "none"))), {"withdrawn": (WORDS,)}
        case "weigh-erasure" | "erase-customer":
            return draw(st.sampled_from(("free", "erased", "held", "failed"))), {"kept_for": Months(36)}
    raise AssertionError(f"nobody answers for {request.service}")


def document_outcomes(draw: st.DrawFn, service: str) -> tuple[str, Values]:
    """What comes of a document that is sent with the form, or that the lender asks for."""
    at: Values = {**AT_A_DOCUMENT, "page_count": draw(st.integers(0, 2)), "paper_number": draw(st.integers(1, 2))}
    if service == "sum-documents":
        return "summed", {"papers": draw(st.sampled_from(("sent", "later"))), "papers_told": WORDS}
    return draw(st.sampled_from(DOCUMENTS[service])), {**at, "answer": WORDS, "page_numbers": ("1", "2")}


def helpful(request: Request | OpenHandoff, known: Values) -> tuple[str, Values]:
    """The answer with which a customer gets on."""
    if isinstance(request, OpenHandoff):
        return "offered", {"minutes": 5, "hours": Text("desk.hours")}
    match request.service:
        case "list-products":
            return "found", {"products": PRODUCTS}
        case "next-question":
            return next((name for name in ASKED if name not in known), "done"), {}
        case "quote":
            return "quoted", {"quote": "q", "quote_text": WORDS}
        case "check-consents":
            return "stand", {}
        case "look-over":
            return "clear", {}
        case "offer-documents":
            return "wanted", AT_A_DOCUMENT
        case "respect-refusals":
            return "none", {}
        case "financial-consent":
            return "undecided", {}
        case "assess-eligibility":
            return "meets", {
                "eligibility": WORDS,
                "eligibility_outcome": "meets",
                "alternatives": (),
                "amount_would_do": False,
            }
    return "found", {"answer": WORDS}


class Conversation(RuleBasedStateMachine):
    """A customer who has got some way, and then does anything at all."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.said = ""

    @initialize(
        operator=st.sampled_from(("lender", "lender", "lender", "third_party")),
        segment=st.sampled_from(("sole_trader", "small_company", "farmer", "flexible_worker")),
        way=st.sampled_from(("apply", "apply", "check", "products")),
        goal=st.sampled_from(("review", "submission", "none")),
        steps=st.integers(0, 20),
    )
    def gets_some_way(self, operator: str, segment: str, way: str, goal: str, steps: int) -> None:
        """To a goal or as many steps as a customer takes who wants to apply and has all answers at hand."""
        self.world.operator = operator
        wanted = ("zh", segment, way, "!agree", "quote", "seed", "stock", "tools", "no", "apply", "!confirm")
        self.world.turn(Opened(self.world.now))
        for _ in range(steps if goal == "none" else 40):
            self.world.pass_time(timedelta(seconds=30))
            if self.submission() or (goal == "review" and self.world.at("review")):
                break
            self.gets_on(wanted)

    def gets_on(self, wanted: tuple[str, ...]) -> None:
        if step := self.ask():
            self.world.turn(Said(self.world.now, TYPED[step.accepts][0]))
        elif token := self.world.token_of(wanted):
            self.world.turn(Pressed(self.world.now, token, "1", "query"))
        while request := self.world.take_request():
            self.world.answer(request, *helpful(request, self.world.state.known))

    def act(self, event: Any, data: Any) -> None:
        """The event, and the answers of all services that are asked because of it."""
        self.world.turn(event)
        for _ in range(MOST_CALLS):
            if (request := self.world.take_request()) is None:
                return
            self.world.answer(request, *outcomes(data.draw, request, refusing=self.world.refusing))
        raise AssertionError("services are asked again and again")

    # What makes sense

    @precondition(lambda self: self.world.current_tokens())
    @rule(data=st.data(), moved=st.integers(0, 3))
    def presses_what_is_offered(self, data: Any, moved: int) -> None:
        self.world.pass_time(timedelta(seconds=moved * 3))
        self.press(data.draw(st.sampled_from(self.world.current_tokens())), data)

    @precondition(lambda self: self.world.current_tokens())
    @rule(data=st.data(), steps=st.integers(1, 5))
    def goes_on(self, data: Any, steps: int) -> None:
        """Answers questions well, and chooses what the flow itself offers."""
        for _ in range(steps):
            tokens = self.world.current_tokens()
            own = [token for token in tokens if "!" not in token or token.endswith(("!agree", "!confirm"))]
            if step := self.ask():
                self.say(TYPED[step.accepts][0], data)
            elif tokens:
                self.press(data.draw(st.sampled_from(own or tokens)), data)

    @precondition(lambda self: self.world.at("review"))
    @rule(data=st.data(), which=st.sampled_from(("amount", "", "")), refusing=st.booleans(), then=st.booleans())
    def changes_an_answer(self, data: Any, which: str, refusing: bool, then: bool) -> None:
        """Perhaps to one that the lender's product refuses."""
        self.world.refusing = refusing
        tokens = [token for token in self.world.current_tokens() if f"!change:{which}" in token]
        self.press(data.draw(st.sampled_from(tokens)), data)
        if then and (step := self.ask()):
            self.say(TYPED[step.accepts][0], data)

    @precondition(lambda self: self.ask() is not None)
    @rule(data=st.data())
    def answers_somehow(self, data: Any) -> None:
        step = self.ask()
        assert step is not None
        self.say(data.draw(st.sampled_from(TYPED[step.accepts])), data)

    @rule(data=st.data(), text=st.sampled_from((*QUESTIONS, *CHATTER, *COMMANDS)))
    def says(self, data: Any, text: str) -> None:
        self.say(text, data)

    @rule(data=st.data())
    def says_it_again(self, data: Any) -> None:
        step, heard, before = self.ask(), self.world.state.heard, self.world.state.known
        self.act(Said(self.world.now, self.said, "3"), data)
        if step and heard and step.accepts in FREE_KINDS:
            twice = heard.text == self.said and self.world.now - heard.at <= TWICE_WITHIN
            assert not twice or self.world.state.known == before, "one message answered two questions"

    @rule(data=st.data(), payload=st.sampled_from((None, "poster-7")))
    def opens(self, data: Any, payload: str | None) -> None:
        self.act(Opened(self.world.now, payload, "4"), data)

    @rule(data=st.data(), kind=st.sampled_from((*KINDS, "contact", "another's contact", "no number")))
    def shares_or_sends(self, data: Any, kind: Any) -> None:
        if kind in KINDS:
            self.act(Attached(self.world.now, kind, "file", message="6"), data)
        else:
            phone = "12" if kind == "no number" else "8613800138000"
            self.act(Shared(self.world.now, phone, kind != "another's contact", "5"), data)

    def ask(self) -> Ask | None:
        """The typed question that is open."""
        frame = self.world.top
        step = content().book.flows[frame.flow].steps[frame.step] if frame and self.world.state.prompt else None
        return step if isinstance(step, Ask) else None

    def say(self, text: str, data: Any) -> None:
        self.world.pass_time(timedelta(seconds=data.draw(st.sampled_from((1, 30)))))
        self.said = text
        self.act(Said(self.world.now, text, "2"), data)

    def press(self, token: str, data: Any) -> None:
        self.act(Pressed(self.world.now, token, "1", "query"), data)

    # What does not count

    @rule(data=st.data())
    def something_comes_that_does_not_count(self, data: Any) -> None:
        """A press of what is past or never was, an answer nobody asked for, a timer that runs out."""
        now, world = self.world.now, self.world
        tokens = (*world.stale_tokens(), "", ".", "1", "1.1.x", "9.9.zh", "x.y.z", "m.accept.3", "١.٢.zh")
        requests = [
            one for one in ("", "1.1.1", "99.1.aside") if all(one != item.request for item in world.state.pending)
        ]
        event = data.draw(
            st.one_of(
                st.sampled_from([Pressed(now, token, "1", "query") for token in tokens]),
                st.sampled_from([Returned(now, request, "found", {"answer": WORDS}) for request in requests]),
                st.sampled_from([TimedOut(now, timer) for timer in ("", *world.timers)]),
            )
        )
        if isinstance(event, Pressed) and event.token in world.current_tokens():
            return
        before = lasting(world.state)
        self.act(event, data)
        assert lasting(world.state) == before

    # The lender

    @precondition(lambda self: self.submission() is not None)
    @rule(
        data=st.data(),
        way=st.sampled_from(("/back", "/back", "/language", "产品", "/start", "/cancel")),
        then=st.booleans(),
    )
    def does_something_else_meanwhile(self, data: Any, way: str, then: bool) -> None:
        self.say(way, data)
        if then:
            self.the_lender_answers(data, "accepted")
        elif self.world.current_tokens():
            self.goes_on(data, 1)

    @precondition(lambda self: self.submission() is not None)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(("accepted", "accepted", "refused", "failed", "withdrawn", "notice_changed", "odd")),
    )
    def the_lender_answers(self, data: Any, outcome: str) -> None:
        request = self.submission()
        assert request is not None
        self.world.asked.remove(request)
        values: Values = {"reference": "RG-1", "application": "a1"} if outcome == "accepted" else {}
        asking = int(request.id.partition(".")[0])
        self.act(Returned(self.world.now, request.id, outcome, values), data)
        for frame in self.world.state.frames:
            if frame.instance == asking:
                assert values.items() <= frame.answers.items(), "the lender's answer is lost"

    def submission(self) -> Request | None:
        """The application that is being handed in."""
        waiting = (one for one in self.world.asked if isinstance(one, Request))
        return next((one for one in waiting if one.service == "submit-application"), None)

    @rule(data=st.data(), outcome=st.sampled_from(STAGES), application=st.sampled_from(("a1", "a2")))
    def the_lender_tells(self, data: Any, outcome: str, application: str) -> None:
        values: dict[str, Any] = {"application": application, "slot": f"card.{application}"}
        placed = data.draw(st.sampled_from(("new", "edit", "moved")))
        values |= {"card": WORDS, "placed": placed} if outcome != "nothing" else {}
        values |= {"told": WORDS} if outcome not in SILENT else {}
        values |= {"signing_url": "https://lender.example/contract"} if outcome == "signing" else {}
        self.act(Signalled(self.world.now, "application", outcome, values), data)

    # People

    @precondition(lambda self: self.world.offered)
    @rule(data=st.data(), what=st.sampled_from(("joined", "joined", "expired", "released")))
    def a_person_comes_or_goes(self, data: Any, what: str) -> None:
        told = Text("handoff.joined", {"name": "王敏", "role": "客户经理", "hours": "9:00–18:00", "languages": "中文"})
        match what:
            case "joined":
                self.act(Signalled(self.world.now, "manager", "joined", {"told": told}), data)
            case "expired":
                self.act(Signalled(self.world.now, "manager", "expired", {"told": WORDS}), data)
            case _:
                self.act(Released(self.world.now), data)

    @precondition(lambda self: self.world.state.held_by == "manager")
    @rule(data=st.data())
    def the_manager_gives_back(self, data: Any) -> None:
        self.world.offered = False
        self.act(Released(self.world.now), data)

    # Always

    @invariant()
    def something_can_be_done(self) -> None:
        """Where the bot holds the chat, a question is open, an answer is awaited, or the customer has not begun."""
        state = self.world.state
        if state.held_by == "bot" and state.frames:
            waits = any(item.instance == state.frames[-1].instance for item in state.pending)
            assert state.prompt or waits, "the customer is left without a question"

    @invariant()
    def frames_do_not_pile_up(self) -> None:
        assert len(self.world.state.frames) <= 12, [frame.flow.name for frame in self.world.state.frames]


def lasting(state: State) -> tuple[Any, ...]:
    """All that matters of a state: where its prompt stands on the screen does not, nor whether it is told whole or in brief.

    What a prompt asks is told by its step, which the frame names, by its choices and by which card is shown.
    """
    prompt = state.prompt
    question = (tuple(prompt.choices), prompt.position) if prompt else None
    return state.frames, state.turn, state.held_by, state.known, state.pending, state.heard, state.deferred, question


Conversation.TestCase.settings = settings(
    max_examples=200,
    # Shrinking takes minutes: ask for it with `SHRINK=1` when something was found.
    phases=[Phase.generate, *([Phase.shrink] if os.environ.get("SHRINK") else [])],
    report_multiple_bugs=False,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestConversation = Conversation.TestCase
