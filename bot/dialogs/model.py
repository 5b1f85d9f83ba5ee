"""What a flow is: named steps, frozen once published. Every kind of step is one dataclass."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.core.rules import Rule


@dataclass(frozen=True, slots=True)
class FlowRef:
    """A flow of one published release."""

    name: str
    release: int


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `id` travels in the button, `label` is a text key, `value` what is saved (the id when not given).

    `url` is an address that it opens instead, `link` the name of a value that holds one. One that does not `choose` leads
    away without saving an answer. After a press on one that is `in_place`, what is shown next takes the place of the
    message that was pressed.
    """

    id: str
    label: str
    goto: str | None = None
    value: str | int | bool | None = None
    when: Rule | None = None
    url: str | None = None
    link: str | None = None
    chooses: bool = True
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Choices that come with the values: one for each name in the list value `names`, labelled `label` with it for `{}`."""

    names: str
    label: str
    in_place: bool = False

    def labels(self, keys: Iterable[str]) -> Iterator[str]:
        """Those of the text keys that can be a label here."""
        before, _, behind = self.label.partition("{}")
        long = len(before) + len(behind)
        return (key for key in keys if key.startswith(before) and key.endswith(behind) and len(key) > long)

    def option(self, name: str) -> Option:
        """The choice of one name."""
        return Option(name, self.label.replace("{}", name), in_place=self.in_place)


@dataclass(frozen=True, slots=True)
class Say:
    """Say something and go on; `each` names a list of texts, or of cards, that are said after it, a message each.

    `figure`, here and in other steps, names the value that holds the table or chart to be shown with the words; without such a
    value there are just the words.
    """

    say: str
    goto: str
    each: str | None = None
    figure: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for typed input of the kind `accepts`, save it, go on. `why` answers "why do you ask?".

    `low` and `high` bound it: numbers, or names of values such as the chosen product's limits. Where the rule `when` does
    not hold, the question does not apply: it is passed over, and what was answered to it is not passed on.
    An answer that `corrects` takes the place of the one of that name in every form under way.
    """

    ask: str
    saves: str
    accepts: str
    goto: str
    why: str | None = None
    low: str | None = None
    high: str | None = None
    optional: bool = False
    when: Rule | None = None
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class Choose:
    """Ask for one of the options, those `listed` first; `columns` buttons stand in a row. `when` is that of `Ask`.

    A form that is `finished` here has nothing more to ask: it may be left without a word, as a talk. A review lists
    it where it is `reviewed`. A photo or document that the customer sends goes to the service `takes`, a location to the service
    `near`, which may put what is listed into another order. While the step is open,
    beneath others too, a signal leads to where its name points in `on`; one whose outcome is an option's id is the answer.
    """

    choose: str
    options: tuple[Option, ...]
    saves: str | None = None
    goto: str | None = None
    columns: int = 1
    why: str | None = None
    finished: bool = False
    figure: str | None = None
    listed: Listed | None = None
    when: Rule | None = None
    reviewed: bool = True
    takes: str | None = None
    near: str | None = None
    on: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typed:
    """An answer that may be typed where something else is chosen; `accepts`, `low` and `high` are those of `Ask`.

    It is saved as `saves`, and `<saves>_given` is true in the values from then on, as long as the flow lasts.
    """

    accepts: str
    saves: str
    goto: str
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Cards:
    """Show the items of the list value `cards` one at a time with next and previous; an option saves the item.

    Items are names; the fact `details` has, under the answer that is saved, the values of each one's text and its figure.
    Words that are a `typed` answer, and nothing else, choose the item that is shown and lead where that points.
    """

    cards: str
    text: str
    options: tuple[Option, ...]
    saves: str
    empty: str
    figure: str | None = None
    typed: Typed | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Go where the first rule that holds points, else to `otherwise`."""

    branches: tuple[tuple[Rule, str], ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Consent:
    """Ask consent to one notice, which has one purpose."""

    consent: str
    agreed: str
    refused: str


@dataclass(frozen=True, slots=True)
class Recall:
    """Show what is known already of the part of the form that begins at `goto`, to be kept as a whole or asked one by one.

    It is passed over where less than two answers are known.
    """

    recall: str
    goto: str


@dataclass(frozen=True, slots=True)
class Review:
    """List every answer of the flow, each with a button that changes it; `goto` once confirmed."""

    review: str
    confirm: str
    goto: str


@dataclass(frozen=True, slots=True)
class Call:
    """Call a service and go where its outcome points; `busy` is shown at once where the service is slow.

    After `patience` seconds without an answer the text `late` is said; the call goes on. Those of its values that
    `saves` names are kept as if the customer had answered them.
    """

    call: str
    on: Mapping[str, str]
    passes: tuple[str, ...] = ()
    busy: str | None = None
    patience: int | None = None
    late: str | None = None
    saves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Await:
    """Rest until a signal comes, showing `shows` with options; an outcome without an entry in `on` changes nothing.

    A photo or document that the customer sends meanwhile goes to the service `takes`.
    """

    awaits: str
    shows: str
    on: Mapping[str, str]
    options: tuple[Option, ...] = ()
    takes: str | None = None


@dataclass(frozen=True, slots=True)
class Handoff:
    """Ask for a person for `reason` and go where the outcome (`offered`, `nobody`) points."""

    handoff: str
    on: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Enter:
    """Enter another flow; go on with `goto` when it ends."""

    enter: str
    goto: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Forget the answers of these names, in what is known and in every form under way, and go on.

    Where they rested on the `consent` to a notice, the forms that hold a decision on it take it as refused from now on.
    """

    forget: tuple[str, ...]
    goto: str
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """End the flow.

    `then`: `return` to what was open before, `home` to the menu, `restart` the form that was open, or `forget` all that
    is known of the customer and wait to be opened again.
    """

    then: Literal["return", "home", "restart", "forget"] = "return"


Step: TypeAlias = (
    Say | Ask | Choose | Cards | Branch | Consent | Recall | Review | Call | Await | Handoff | Enter | Forget | End
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A named graph of steps. A `form` holds answers worth keeping; a `talk` may be left without a word.

    `parts` says which part of a long form a step belongs to; of such a form the customer sees how far it is.
    """

    ref: FlowRef
    entry: str
    steps: Mapping[str, Step]
    kind: Literal["form", "talk"] = "talk"
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """A consent notice: one purpose, one version, and what a record of it must say (ISO/IEC TS 27560 names).

    `text` is the key of the exact words; `retention` a rule in words; `again_after_days` how long a refusal is respected;
    `valid_days` how long a consent holds, None: until it is withdrawn.
    """

    id: str
    version: int
    purpose: str
    text: str
    controller: str
    legal_basis: str
    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: str
    sensitive: bool = False
    abroad: bool = False
    again_after_days: int = 90
    valid_days: int | None = None


@dataclass(frozen=True, slots=True)
class FlowBook:
    """What the engine reads: the flows of the current release and of those that forms are pinned to.

    `placeholders` tells which values a text needs; `words` maps what a customer may type, normalised, to the label
    keys it can mean; `commands` to the command it means. `spots` are patterns of what is recognised in the middle of words, by name.
    `links` are the flows that links open, by what their payload begins with; the rest of it, behind a `-`, is the answer `link_code`.
    """

    release: int
    flows: Mapping[FlowRef, Flow]
    entry: str
    home: str
    resume: str
    commands: Mapping[str, str]
    command_flows: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    placeholders: Mapping[str, frozenset[str]]
    notices: Mapping[str, Notice] = field(default_factory=dict)
    spots: Mapping[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def spotted(self, text: str) -> frozenset[str]:
        """What is recognised in what somebody typed."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        return frozenset(name for name, patterns in self.spots.items() if any(one.search(plain) for one in patterns))

    def current(self, name: str) -> Flow:
        """The flow of that name in the current release."""
        return self.flows[FlowRef(name, self.release)]
