"""Words a lender must not use, per language: in published texts, in case stories, and in what account managers send.

The rules are those of truthful lending (`docs/content.md` explains each): nothing is guaranteed, instant or free that is
not, no superlatives, no state behind us, nobody run down, no pressure, no daily rate alone, no money before the pay-out.
A sentence that denies or warns of such a claim is not one: what stands behind a negation in the same clause is let pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.texts import markup


@dataclass(frozen=True, slots=True)
class Claim:
    """A kind of forbidden claim: `patterns` find it, `unless` found anywhere in the text makes it lawful."""

    id: str
    remedy: str
    patterns: tuple[str, ...]
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A forbidden claim found in a text: which, the words that make it, and what to write instead."""

    claim: str
    words: str
    remedy: str


CLAIMS: Final[Sequence[Claim]] = (
    Claim(
        "guaranteed_approval",
        "approval is the lender's decision; say 'subject to approval'",
        (
            r"(?:保证|包|确保|承诺)(?:能|会|可以|您)?(?:批|过|通过|下款|放款|贷到|拿到)",
            r"(?:100%|百分之百|百分百|一定|必定|肯定)(?:能|会|可以)?(?:批|通过|下款|放款|过审|贷到)",
            r"必[过批下](?:款)?|人人可贷|有身份证就能贷|秒过|零门槛|无门槛",
            r"\bguarantee[ds]?\b[^.!?\n]{0,30}\b(?:approv\w+|loan|accept\w+)|\b(?:approval|acceptance) (?:is )?guaranteed",
            r"\b100 ?% approv\w+|\beveryone (?:is|gets) (?:approved|accepted)|\bno one is (?:refused|declined)",
            r"\b(?:you|we) (?:will )?(?:certainly|definitely|surely) (?:get|be|are) (?:the loan|approved)",
        ),
    ),
    Claim(
        "no_credit_check",
        "a formal application includes a credit enquiry; say when it happens",
        (
            r"(?:不|免|无需|不用|不看|无视)(?:查|看|上)?征信|(?:黑户|白户|征信花)(?:也|都|均)?(?:可|能)",
            r"\bno credit (?:check|enquiry|inquiry)s?\b|\bwithout (?:a )?credit check\b|\bbad credit (?:is )?(?:ok|welcome|no problem)",
        ),
    ),
    Claim(
        "instant_money",
        "say what the steps are and how long they usually take",
        (
            r"(?:秒|立即|立刻|马上|即刻|当场|闪电|极速|瞬间)(?:批|下款|放款|到账|到帐|拿钱|审批)|(?:\d+|[一二三五几]|十)分钟(?:内)?(?:放款|到账|下款|拿钱)",
            r"\binstant(?:ly)? (?:\w+ )?(?:cash|money|loan|approv\w+|pay-?out|funds?)|\b(?:cash|money|funds?) (?:in|within) (?:\d+ )?minutes",
            r"\bsame[- ]minute|\bimmediate (?:cash|money|funds?|pay-?out|approval)",
        ),
    ),
    Claim(
        "zero_interest",
        "name the annual rate and the annualised all-in cost",
        (
            r"(?:零|0|免|无)(?:利息|息)(?!后)|(?:零|0|无)(?:费用|成本|手续费)|(?:免费|白)(?:借|贷|用钱)",
            r"\b(?:zero|0 ?%|no|free of) interest\b|\binterest[- ]free\b|\b(?:zero|no) (?:fees|costs?|charges)\b|\bfree (?:loan|money|credit)\b",
        ),
        unless=r"only interest|interest only|no interest (?:is )?due|no fees? (?:is|are|was|were) (?:due|charged|listed)",
    ),
    Claim(
        "superlative",
        "describe the product by its figures",
        (
            r"(?:全网|全国|业内|行业|市场|同行|本地)(?:最|第一|首|唯一|No)|(?:利率|利息|费用|门槛|额度)最(?:低|高|优)",
            r"最(?:便宜|划算|优惠|实惠|好|佳|靠谱|安全)的?(?:贷|借|产品|选择|方案|机构|平台)|第一品牌|顶级|国家级|绝无仅有|史上最",
            r"\b(?:best|cheapest|lowest|fastest|safest)[- ](?:loan|rate|interest|price|deal|lender|offer|cost|terms)s?\b",
            r"\b(?:number one|no\. ?1)\b|#1\b|\bunbeatable\b|\bsecond to none\b|\bthe (?:best|cheapest|fastest) (?:in|on) (?:the|china)\b",
        ),
    ),
    Claim(
        "state_endorsement",
        "name the lender alone; supervision is no recommendation",
        (
            r"(?:国家|政府|央行|人民银行|银保监|金融监管\w{0,3}|官方)(?:\w{0,2})(?:推荐|背书|担保|指定|认可|支持的(?:贷款|平台|产品))",
            r"\b(?:government|state|central bank|regulator)[- ](?:backed|approved|endorsed|guaranteed|recommended)\b",
            r"\b(?:endorsed|recommended|approved|guaranteed) by the (?:government|state|central bank|regulator)\b",
        ),
    ),
    Claim(
        "disparaging",
        "speak of your own product only",
        (
            r"(?:别家|其他(?:平台|银行|机构)|别的(?:平台|银行|机构)|同行)[^。！？\n]{0,8}(?:坑|骗|黑|差|不靠谱|宰)|比(?:银行|别家|同行)(?:都)?(?:强|好|便宜|靠谱)",
            r"\b(?:other|rival|competing) (?:lenders?|banks?|brokers?)\b[^.!?\n]{0,25}\b(?:rip|cheat|scam|greedy|worse|lie|trick)\w*",
            r"\bbetter than (?:any|other|the) (?:banks?|lenders?)\b|\bcheaper than (?:any|other|the) (?:banks?|lenders?)\b",
        ),
    ),
    Claim(
        "urgency",
        "let the customer take the time; say how long a quote holds",
        (
            r"(?:仅限|只限|限时|最后)(?:今[天日]|一天|机会|\d+[天小时]|优惠|特惠|抢)|(?:名额|额度)(?:有限|不多|所剩)|手慢无|错过(?:就|再)|过时不候",
            r"(?:赶紧|赶快|抓紧|速来|快来)(?:申请|办理|借|贷|抢)|先到先得",
            r"\b(?:last chance|act now|hurry(?: up)?|only today|today only|limited[- ]time|while (?:stocks|places) last|don't miss|apply now before)\b",
            r"\b(?:offer|places?|spots?) (?:ends?|expires?|are limited) (?:today|tonight|soon)?",
        ),
    ),
    Claim(
        "daily_rate_alone",
        "put the annualised rate beside it, at least as prominent",
        (
            r"(?:日|每天|一天|每日|月)(?:利率|息|利息)(?:低至|只要|仅|才|为|是|约)?\s*[\d.{]|(?:每天|一天)(?:利息)?(?:只要|仅|才|低至)\s*[\d.{¥]",
            r"\b(?:daily|monthly) (?:interest )?rate (?:of|is|from|only)\s*[\d.{]|(?:\d ?%|\{\w*rate[\w:]*\}) (?:a|per) (?:day|month)\b",
        ),
        unless=r"年化|年利率|合同年|annual|a year|per year",
    ),
    Claim(
        "money_first",
        "nothing is ever paid before the pay-out",
        (
            r"(?:先|提前|预先)(?:交|付|缴|转|打|支付|缴纳)(?:一笔|您的|一点)?[^。！？，\n]{0,8}(?:押金|保证金|手续费|解冻费|工本费|验证金|服务费|定金)",
            r"(?:交|付|缴)(?:了|完|清)?(?:押金|保证金|解冻费)(?:后|才|就)[^。！？\n]{0,6}(?:放款|下款|到账)",
            r"\b(?:pay|send|transfer|deposit)\b[^.!?\n]{0,40}\b(?:deposit|fee|money|security)\b[^.!?\n]{0,12}\b(?:first|before (?:the )?(?:pay-?out|loan|money|disbursement)|upfront|in advance)\b",
        ),
    ),
)

# A negation with the rest of its clause (没有人能保证通过), or a warning with the rest of its sentence.
_DENIED: Final = re.compile(
    r"(?:不(?![查看用上])|没有|没人|无人|从不|绝不|无法|并非|别|勿|nobody|no one|\bno\b|never|\bnot\b|n't\b|cannot|instead of)[^。！？，；.!?,;\n]*$"
    r"|(?:警惕|谨防|当心|凡是|声称|自称|有人|[让要](?:求)?您|whoever|anyone who|beware|asks? (?:you )?(?:for|to)|claims? to)[^。！？.!?\n]*$",
    re.IGNORECASE,
)
_COMPILED: Final = tuple(
    (claim, re.compile("|".join(claim.patterns), re.IGNORECASE), re.compile(claim.unless or r"(?!)", re.IGNORECASE))
    for claim in CLAIMS
)


def breaches(words: str) -> tuple[Breach, ...]:
    """The forbidden claims that `words` make, with or without markup, in any of the languages."""
    said = unicodedata.normalize("NFKC", markup.bare(words))
    return tuple(_found(said))


def _found(said: str) -> Iterator[Breach]:
    for claim, pattern, unless in _COMPILED:
        match = next((match for match in pattern.finditer(said) if not _DENIED.search(said[: match.start()])), None)
        if match and not unless.search(said):
            yield Breach(claim.id, match.group(), claim.remedy)
