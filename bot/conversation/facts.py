"""What flows and texts may use besides the customer's own answers: the day, the lender, the products and their figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from bot.conversation.rendering import trimmed_all
from bot.core.values import Text, Value, Values
from bot.products.cards import segment_cards
from bot.products.stories import current, story_pages
from bot.publishing.content import Content

Operator = Literal["lender", "third_party"]


@dataclass(frozen=True, slots=True)
class Market:
    """Where and for whom the bot runs: time zone, the region of telephone numbers, the currency, who operates it, the bot's name in links."""

    timezone: str = "Asia/Shanghai"
    region: str = "CN"
    currency: str = "CNY"
    operator: Operator = "lender"
    hosted_form: bool = False
    bot: str = "tillwise_bot"

    def today(self, now: datetime) -> date:
        """The calendar day in the market at the time `now`."""
        return now.astimezone(ZoneInfo(self.timezone)).date()


class Lazy(Mapping[str, Value]):
    """Details by name that are worked out when they are first looked at."""

    def __init__(self, make: Callable[[], Mapping[str, Value]]) -> None:
        self._make = make
        self._made: Mapping[str, Value] | None = None

    def _all(self) -> Mapping[str, Value]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> Value:
        return self._all()[name]

    def get(self, name: str, default: Any = None) -> Any:  # the mixin's raises and catches for each name not there
        return self._all().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def facts(content: Content, market: Market, now: datetime, known: Values) -> Values:
    """The facts of a turn at `now` for a customer of whom `known` is known."""
    today = market.today(now)
    segment = str(known.get("segment") or "")
    return {
        "today": today,
        "operator": market.operator,
        "hosted_form": market.hosted_form,
        "region": market.region,
        "currency": market.currency,
        "timezone": market.timezone,
        "lender_site": content.catalogue.lender.site,
        "lender": Text(f"lender.{content.catalogue.lender.id}"),
        "risk": Text("risk.warning"),
        "parks": tuple(Text(f"park.{park}") for park in content.catalogue.lender.parks),
        "details": {
            "product": Lazy(lambda: _product_details(content, segment, today)),
            "story": Lazy(lambda: _story_details(content, segment, today)),
        },
    }


# The same for every customer of a segment on one day, so worked out once; a few releases live side by side at most.
@lru_cache(maxsize=64)
def _cards(content: _ById, segment: str, today: date) -> Mapping[str, Value]:
    cards = segment_cards(content.content.catalogue, segment, today)
    return {
        str(card["product_id"]): {**_named(trimmed_all(card, content.content.texts)), **_wants(content.content, card)}
        for card in cards
    }


_NAMES: Final = ("name", "low", "high", "low_months", "high_months")


def _named(card: Values) -> Values:
    """A card's values, with those that other texts use under names that cannot be mistaken."""
    return {**card, **{f"product_{name}": card[name] for name in _NAMES}, "product_methods": card["method_ids"]}


def _wants(content: Content, card: Values) -> Values:
    """What a product makes a form ask for: the answers its criteria read, and what its limit or funding follows."""
    product = content.catalogue.product(str(card["product_id"]))
    asks = dict.fromkeys(name for criterion in product.criteria for name in criterion.asks)
    return {"product_asks": tuple(asks), "product_follows": product.follows or ""}


@dataclass(frozen=True, slots=True, eq=False)
class _ById:
    """Content as a cache key: one release is one object."""

    content: Content

    def __hash__(self) -> int:
        return hash(id(self.content))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.content is self.content


def _product_details(content: Content, segment: str, today: date) -> Mapping[str, Value]:
    return _cards(_ById(content), segment, today)


def _story_details(content: Content, segment: str, today: date) -> Mapping[str, Value]:
    return _stories(_ById(content), segment, today)


@lru_cache(maxsize=64)
def _stories(content: _ById, segment: str, today: date) -> Mapping[str, Value]:
    whole = content.content
    told = current(whole.stories, today, segment or None)
    return {
        story.id: trimmed_all(
            {f"story_{page}": text for page, text in story_pages(story, whole.catalogue).items()},
            whole.texts,
        )
        for story in told
    }
