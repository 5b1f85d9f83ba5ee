"""Whatever a customer, the lender and account managers do, in whatever order, the engine keeps its promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.values import Text, Value, Values
from bot.dialogs.effects import OpenHandoff, Request
from bot.dialogs.events import Attached, Opened, Pressed, Released, Returned, Said, Shared, Signalled, TimedOut
from bot.dialogs.model import Ask
from bot.dialogs.state import State
from tests.unit.dialogs.world import MOST_CALLS, World, content

TYPED = {
    "amount": ("30万", "50,000", "１２００００", "20-30万", "三十万", "1.5 million", "0", "much"),
    "balance": ("0", "没有", "2万", "none", "?"),
    "months": ("12", "2年", "半年", "18个月", "long", "400"),
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
    "进度", "/bot", "异议",
)  # fmt: skip
CHATTER = ("yes", "同意", "好", "1", "2", "不", "asdf", "😊", "跳过", "", "取消吧", "menu")
KINDS = ("photo", "document", "voice", "video", "sticker", "location", "other")
STAGES = ("approved", "counter_offer", "declined", "disbursed", "docs_missing", "expired", "edit", "nothing", "late")
WORDS = Text("risk.warning")
PRODUCTS = ("working_capital", "equipment", "harvest", "flexible")
FIELDS = ("segment", "amount", "purpose", "has_licence", "months_trading", "monthly_turnover", "open_debts", "done")


def outcomes(draw: Any, request: Request | OpenHandoff) -> tuple[str, Values]:
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
            return draw(st.sampled_from(FIELDS)), {}
        case "assess-eligibility":
            outcome = draw(st.sampled_from(("meets", "person", "not_met")))
            return outcome, {"eligibility": WORDS, "eligibility_outcome": outcome, "alternatives": ()}
        case "quote":
            quoted: Values = {"quote": "q", "quote_text": WORDS, "refusal": WORDS}
            return draw(st.sampled_from(("quoted", "quoted", "refused", "withheld"))), quoted
        case "whole-quote":
            return draw(st.sampled_from(("shown", "none"))), {"quote_pages": (WORDS, WORDS)}
        case "find-answer":
            near = {topic: content().answers.title(topic) for topic in draw(st.sampled_from(((), ("interest",))))}
            values: dict[str, Value] = {"answer": WORDS, "person": draw(st.booleans()), "near": near}
            return draw(st.sampled_from(("found", "unsure"))), values
        case "take-document":
            return draw(st.sampled_from(("noted", "found"))), {"answer": WORDS}
        case "list-applications":
            return draw(st.sampled_from(("found", "none"))), {"cards": (WORDS,)}
        case "list-consents":
            return draw(st.sampled_from(("found", "none"))), {"consents": (WORDS,)}
        case "check-consents":
            return draw(st.sampled_from(("stand", "share_with_lender", "credit_enquiry", "contact_by_manager"))), {}
        case "withdraw-consents":
            return draw(st.sampled_from(("withdrawn", "none"))), {}
        case "erase-customer":
            return draw(st.sampled_from(("erased", "failed"))), {}
    raise AssertionError(f"nobody answers for {request.service}")


def helpful(request: Request | OpenHandoff, known: Values) -> tuple[str, Values]:
    """The answer with which a customer gets on."""
    if isinstance(request, OpenHandoff):
        return "offered", {"minutes": 5, "hours": Text("desk.hours")}
    match request.service:
        case "list-products":
            return "found", {"products": PRODUCTS}
        case "next-question":
            return next((name for name in FIELDS if name not in known), "done"), {}
        case "quote":
            return "quoted", {"quote": "q", "quote_text": WORDS}
        case "check-consents":
            return "stand", {}
        case "assess-eligibility":
            return "meets", {"eligibility": WORDS, "eligibility_outcome": "meets", "alternatives": ()}
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
        steps=st.integers(0, 40),
    )
    def gets_some_way(self, operator: str, segment: str, way: str, steps: int) -> None:
        """As many steps as a customer takes who wants to apply and has all answers at hand."""
        self.world.operator = operator
        wanted = ("zh", segment, way, "!agree", "quote", "seed", "stock", "tools", "no", "apply", "!confirm")
        self.world.turn(Opened(self.world.now))
        for _ in range(steps):
            self.world.pass_time(timedelta(seconds=30))
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
            self.world.answer(request, *outcomes(data.draw, request))
        raise AssertionError("services are asked again and again")

    # What makes sense

    @precondition(lambda self: self.world.current_tokens())
    @rule(data=st.data(), moved=st.integers(0, 3))
    def presses_what_is_offered(self, data: Any, moved: int) -> None:
        token = data.draw(st.sampled_from(self.world.current_tokens()))
        self.world.pass_time(timedelta(seconds=moved * 3))
        self.act(Pressed(self.world.now, token, "1", "query"), data)

    @precondition(lambda self: self.world.current_tokens())
    @rule(data=st.data())
    def goes_on(self, data: Any) -> None:
        """A choice of the flow's own, where there is one: the buttons of every form are pressed often enough."""
        tokens = self.world.current_tokens()
        own = [token for token in tokens if "!" not in token or "!change:" in token or token.endswith("!agree")]
        self.act(Pressed(self.world.now, data.draw(st.sampled_from(own or tokens)), "1", "query"), data)

    @precondition(lambda self: self.world.at("review"))
    @rule(data=st.data())
    def changes_an_answer(self, data: Any) -> None:
        tokens = [token for token in self.world.current_tokens() if "!change:" in token]
        self.act(Pressed(self.world.now, data.draw(st.sampled_from(tokens)), "1", "query"), data)

    @precondition(lambda self: self.ask() is not None)
    @rule(data=st.data())
    def answers_the_question(self, data: Any) -> None:
        step = self.ask()
        assert step is not None
        self.says_something(data.draw(st.sampled_from(TYPED[step.accepts])), data)

    @precondition(lambda self: self.ask() is not None)
    @rule(data=st.data())
    def answers_well(self, data: Any) -> None:
        step = self.ask()
        assert step is not None
        self.says_something(TYPED[step.accepts][0], data)

    def ask(self) -> Ask | None:
        """The typed question that is open."""
        frame = self.world.top
        step = content().book.flows[frame.flow].steps[frame.step] if frame and self.world.state.prompt else None
        return step if isinstance(step, Ask) else None

    @rule(data=st.data(), text=st.sampled_from((*QUESTIONS, *CHATTER)))
    def says(self, data: Any, text: str) -> None:
        self.says_something(text, data)

    @rule(data=st.data(), text=st.sampled_from((*COMMANDS, *QUESTIONS)))
    def says_a_command(self, data: Any, text: str) -> None:
        self.says_something(text, data)

    def says_something(self, text: str, data: Any) -> None:
        self.world.pass_time(timedelta(seconds=data.draw(st.sampled_from((1, 30)))))
        self.said = text
        self.act(Said(self.world.now, text, "2"), data)

    @rule(data=st.data())
    def says_it_again(self, data: Any) -> None:
        self.act(Said(self.world.now, self.said, "3"), data)

    @rule(data=st.data(), payload=st.sampled_from((None, "poster-7")))
    def opens(self, data: Any, payload: str | None) -> None:
        self.act(Opened(self.world.now, payload, "4"), data)

    @rule(data=st.data(), own=st.booleans(), phone=st.sampled_from(("8613800138000", "12")))
    def shares(self, data: Any, own: bool, phone: str) -> None:
        self.act(Shared(self.world.now, phone, own, "5"), data)

    @rule(data=st.data(), kind=st.sampled_from(KINDS))
    def sends(self, data: Any, kind: Any) -> None:
        self.act(Attached(self.world.now, kind, "file", message="6"), data)

    # What does not count

    @precondition(lambda self: self.world.stale_tokens())
    @rule(data=st.data())
    def presses_what_is_past(self, data: Any) -> None:
        token = data.draw(st.sampled_from(self.world.stale_tokens()))
        self.changes_nothing(Pressed(self.world.now, token, "1", "query"), data)

    @rule(data=st.data(), token=st.sampled_from(("", ".", "1", "1.1.x", "9.9.zh", "x.y.z", "m.accept.3", "١.٢.zh")))
    def presses_nonsense(self, data: Any, token: str) -> None:
        if token not in self.world.current_tokens():
            self.changes_nothing(Pressed(self.world.now, token, "1", "query"), data)

    @rule(data=st.data(), request=st.sampled_from(("", "1.1.1", "99.1.aside")))
    def a_service_answers_what_nobody_asked(self, data: Any, request: str) -> None:
        if all(pending.request != request for pending in self.world.state.pending):
            self.changes_nothing(Returned(self.world.now, request, "found", {"answer": WORDS}), data)

    @rule(data=st.data())
    def a_timer_runs_out(self, data: Any) -> None:
        timer = data.draw(st.sampled_from(("", *self.world.timers)))
        self.changes_nothing(TimedOut(self.world.now, timer), data)

    def changes_nothing(self, event: Any, data: Any) -> None:
        before = lasting(self.world.state)
        self.act(event, data)
        assert lasting(self.world.state) == before

    # The lender

    @precondition(lambda self: self.submission() is not None)
    @rule(data=st.data(), outcome=st.sampled_from(("accepted", "accepted", "refused", "failed", "odd")))
    def the_lender_answers(self, data: Any, outcome: str) -> None:
        request = self.submission()
        assert request is not None
        self.world.asked.remove(request)
        values: Values = {"reference": "RG-1", "application": "a1"} if outcome == "accepted" else {}
        self.act(Returned(self.world.now, request.id, outcome, values), data)

    def submission(self) -> Request | None:
        """The application that is being handed in."""
        waiting = (one for one in self.world.asked if isinstance(one, Request))
        return next((one for one in waiting if one.service == "submit-application"), None)

    @rule(data=st.data(), outcome=st.sampled_from(STAGES), application=st.sampled_from(("a1", "a2")))
    def the_lender_tells(self, data: Any, outcome: str, application: str) -> None:
        values: dict[str, Any] = {"application": application, "slot": f"card.{application}"}
        values |= {"card": WORDS} if outcome != "nothing" else {}
        values |= {"told": WORDS} if outcome not in {"nothing", "edit"} else {}
        self.act(Signalled(self.world.now, "application", outcome, values), data)

    # People

    @precondition(lambda self: self.world.offered)
    @rule(data=st.data())
    def a_manager_joins(self, data: Any) -> None:
        told = Text("handoff.joined", {"name": "王敏", "role": "客户经理", "hours": "9:00–18:00"})
        self.act(Signalled(self.world.now, "manager", "joined", {"told": told}), data)

    @rule(data=st.data())
    def nobody_accepts_in_time(self, data: Any) -> None:
        told = Text("handoff.expired", {"hours": Text("desk.hours")})
        self.act(Signalled(self.world.now, "manager", "expired", {"told": told}), data)

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
    """All that matters of a state: where its prompt stands on the screen does not."""
    prompt = state.prompt
    question = (tuple(prompt.choices), prompt.body, prompt.position) if prompt else None
    return state.frames, state.turn, state.held_by, state.known, state.pending, state.heard, state.deferred, question


Conversation.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestConversation = Conversation.TestCase
