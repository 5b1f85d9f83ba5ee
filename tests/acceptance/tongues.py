"""The two languages of the journey: what the page calls its controls, and what a customer and a manager type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageWords:
    """The page's own words, in a browser of this locale."""

    browser: str
    start: str
    menu: str
    link: str
    channel: str
    share: str
    automatic: str
    settings: str
    close: str
    move_to: str
    decide: str
    send_decision: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What people type."""

    no_amount: str
    amount: str
    term: str
    question: str
    answered: str
    shop: str
    trading: str
    corrected: str
    turnover: str
    name: str
    manager: str
    person: str
    greeting: str
    reply: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language."""

    code: str
    page: PageWords
    typed: Typed


ZH = Tongue(
    "zh",
    PageWords(
        browser="zh-CN", start="开始", menu="更多操作", link="从渠道链接打开…", channel="公众号文章", share="分享",
        automatic="自动推进", settings="设置", close="关闭", move_to="推进到", decide="作决定", send_decision="发出决定",
    ),
    Typed(
        no_amount="越多越好", amount="30万", term="12个月", question="提前还款要收费吗？", answered="利息只算到您还款那天", shop="秀英面馆",
        trading="8年", corrected="9年", turnover="15万", name="林秀英", manager="方雅", person="转人工", greeting="林女士您好，我是方雅。这批货什么时候要付款？",
        reply="下周三之前，来得及吗？",
    ),
)  # fmt: skip
EN = Tongue(
    "en",
    PageWords(
        browser="en-GB", start="Start", menu="More actions", link="Open with link from channel…",
        channel="WeChat article", share="Share", automatic="Automatic", settings="Settings", close="Close", move_to="Move to",
        decide="Decide", send_decision="Send decision",
    ),
    Typed(
        no_amount="as much as I can get", amount="300k", term="12 months", question="Is there a fee for early repayment?",
        answered="Interest is charged only up to that day", shop="Xiuying's noodles", trading="8 years", corrected="9 years",
        turnover="150k", name="Xiuying Lin", manager="Ya Fang", person="human",
        greeting="Hello, this is Ya Fang. When do you have to pay for the goods?",
        reply="By next Wednesday. Is that possible?",
    ),
)  # fmt: skip
