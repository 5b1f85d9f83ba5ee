from __future__ import annotations

import pytest

from bot.publishing.claims import CLAIMS, breaches

FORBIDDEN = {
    "guaranteed_approval": ["包过", "保证通过审批", "百分百下款", "人人可贷", "别担心，保证能批", "Guaranteed approval", "100% approval", "we guarantee your loan", "You will definitely be approved"],
    "no_credit_check": ["不查征信", "免征信，当天放款", "黑户也可以", "No credit check needed", "bad credit is no problem"],
    "instant_money": ["秒到账", "立即放款", "５分钟到账", "instant cash", "money in 5 minutes", "immediate approval"],
    "zero_interest": ["零利息贷款", "0手续费", "免息三个月", "zero interest for everybody", "interest-free loan", "no fees at all"],
    "superlative": ["全网最低利率", "利率最低", "最划算的贷款", "best rates in town", "the lowest interest", "we are #1"],
    "state_endorsement": ["政府背书的贷款", "国家认可", "government-backed loan", "approved by the central bank"],
    "disparaging": ["比银行便宜", "其他平台都是坑", "other banks rip you off", "better than any bank"],
    "urgency": ["名额有限", "仅限今天", "赶紧申请", "last chance", "Act now", "limited-time offer"],
    "daily_rate_alone": ["日利率0.02%，借多久都划算", "每天只要3元", "only 0.02% per day", "a monthly rate of 0.6"],
    "money_first": ["先交一笔保证金，再放款", "交了押金就放款", "pay a small deposit first", "send the fee before the pay-out"],
}  # fmt: skip

LAWFUL = [
    "没有人能保证通过", "我们不承诺一定批", "放款前要您交保证金、解冻费的，都不是我们", "凡是说不查征信的，都要当心",
    "先别转钱。放款之前，我们不收您一分钱。", "年利率7.2%，日利率0.02%", "先息后本", "审批结果以机构决定为准", "最高30万元",
    "您最好先看报价", "申请要查征信", "在这里咨询、看报价，不会查征信", "不用着急", "有人让您先交保证金吗？",
    "Nobody can guarantee approval", "Do not send any money before the pay-out", "You can pay interest only first",
    "We never ask you to pay a deposit first", "the annual rate is 7.2 %, 0.02 % per day", "There is no hurry",
    "Choose what suits you best", "You may repay early with no fee", "{instalment} a month", "A person decides.",
]  # fmt: skip


@pytest.mark.parametrize(("claim", "words"), [(claim, words) for claim, said in FORBIDDEN.items() for words in said])
def test_a_forbidden_claim_is_found_and_named(claim: str, words: str) -> None:
    assert claim in {breach.claim for breach in breaches(words)}


@pytest.mark.parametrize("words", LAWFUL)
def test_truthful_words_and_warnings_pass(words: str) -> None:
    assert breaches(words) == ()


def test_every_claim_has_examples_here() -> None:
    assert {claim.id for claim in CLAIMS} == set(FORBIDDEN)


def test_markup_does_not_hide_a_claim() -> None:
    assert breaches("<b>零</b>利息")


def test_a_breach_says_the_words_and_what_to_write_instead() -> None:
    (breach,) = breaches("放心，秒到账，很方便")
    assert breach.words == "秒到账"
    assert breach.remedy
