"""Flows from authored documents: every mistake is an error that names file, step, field and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.core.errors import ContentError, RuleError
from bot.core.rules import Rule
from bot.core.values import NO_VALUES
from bot.dialogs import inputs
from bot.dialogs.model import (
    Ask,
    Await,
    Branch,
    Call,
    Cards,
    Choose,
    Consent,
    End,
    Enter,
    Flow,
    FlowRef,
    Forget,
    Handoff,
    Listed,
    Option,
    Recall,
    Review,
    Say,
    Step,
    Typed,
)

_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")


LANGUAGES = "languages"
"""Instead of a list of options: one for each language that there are texts in, labelled `language.<locale>`."""


def parse_flows(documents: Mapping[str, Any], release: int, locales: Iterable[str] = ()) -> dict[str, Flow]:
    """The flows of the documents (file name → parsed YAML) by name, as content of `release` with texts in `locales`."""
    flows: dict[str, Flow] = {}
    languages = tuple(Option(locale, f"language.{locale}") for locale in locales)
    for file, document in assembled(documents).items():
        flow = _Reader(file, release, languages).flow(document)
        if flow.ref.name in flows:
            raise ContentError(f"{file}: flow '{flow.ref.name}' is also defined in another file; rename one")
        flows[flow.ref.name] = flow
    return flows


def assembled(documents: Mapping[str, Any]) -> dict[str, Any]:
    """The documents with each flow's parts, which stand in files of their own, put into it.

    A part names its flow as `part_of`, itself as `part`, and its `steps`; the flow lists its `parts` in their order.
    """
    pieces = {name: piece for name, piece in documents.items() if isinstance(piece, Mapping) and "part_of" in piece}
    whole = {name: document for name, document in documents.items() if name not in pieces}
    found = {(str(piece["part_of"]), str(piece.get("part"))): name for name, piece in pieces.items()}
    for file, document in whole.items():
        names = document.get("parts", ()) if isinstance(document, Mapping) else ()
        for part in names:
            source = found.pop((str(document.get("flow")), str(part)), None)
            if source is None:
                raise ContentError(f"{file}: part '{part}' has no file; add one with part_of and part")
            document = _with_part(file, document, source, str(part), pieces[source])  # noqa: PLW2901 -- grown part by part
        whole[file] = {key: item for key, item in document.items() if key != "parts"} if names else document
    if found:
        (flow, part), file = next(iter(found.items()))
        raise ContentError(f"{file}: the flow '{flow}' has no part '{part}'; list it under 'parts' there")
    return whole


def _with_part(file: str, document: Mapping[str, Any], source: str, part: str, piece: Any) -> Mapping[str, Any]:
    steps = piece.get("steps")
    if not isinstance(steps, Mapping) or not steps:
        raise ContentError(f"{source}: field 'steps' must map step names to steps")
    if unknown := piece.keys() - {"part_of", "part", "steps"}:
        raise ContentError(f"{source}: unknown field '{min(unknown)}'; correct or remove it")
    if twice := document.get("steps", {}).keys() & steps.keys():
        raise ContentError(f"{source}: step '{min(twice)}' is also defined in {file} or another part; rename one")
    belongs = {**document.get("belongs", {}), **dict.fromkeys(steps, part)}
    return {**document, "steps": {**document.get("steps", {}), **steps}, "belongs": belongs}


class _Fields:
    """One authored mapping being read; what is left at the end was misspelt."""

    def __init__(self, place: str, fields: Any) -> None:
        if not isinstance(fields, dict):
            raise ContentError(f"{place}: a mapping of fields is expected")
        self.place = place
        self._left = dict(fields)

    def has(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise ContentError(f"{self.place}: field '{name}' is missing; add it")
        return value

    def optional(self, name: str) -> str | None:
        value = self._left.pop(name, None)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise ContentError(f"{self.place}: field '{name}' must be a text")

    def number(self, name: str, default: int) -> int:
        value = self._left.pop(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ContentError(f"{self.place}: field '{name}' must be a whole number")
        return value

    def peek(self, name: str) -> Any:
        return self._left.get(name)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            raise ContentError(f"{self.place}: field '{name}' must be true or false")
        return value

    def raw(self, name: str) -> Any:
        return self._left.pop(name, None)

    def table(self, name: str) -> dict[str, str]:
        value = self._left.pop(name, None)
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise ContentError(f"{self.place}: field '{name}' must map outcomes to steps")
        # YAML 1.1 reads an unquoted `on:` or `yes:` as a truth value.
        return {str(key): item for key, item in value.items()}

    def items(self, name: str) -> list[Any]:
        value = self._left.pop(name, None) or []
        if not isinstance(value, list):
            raise ContentError(f"{self.place}: field '{name}' must be a list")
        return value

    def finish(self) -> None:
        if self._left:
            raise ContentError(f"{self.place}: unknown field '{next(iter(self._left))}'; correct or remove it")


class _Reader:
    def __init__(self, file: str, release: int, languages: tuple[Option, ...]) -> None:
        self.file = file
        self.release = release
        self.languages = languages

    def flow(self, document: Any) -> Flow:
        fields = _Fields(self.file, document)
        name, entry = fields.text("flow"), fields.text("entry")
        kind = fields.optional("kind") or "talk"
        steps, belongs = fields.raw("steps"), fields.raw("belongs") or {}
        fields.finish()
        if kind not in ("form", "talk"):
            raise ContentError(f"{self.file}: kind '{kind}' is unknown; use 'form' or 'talk'")
        if not isinstance(steps, dict) or not steps:
            raise ContentError(f"{self.file}: field 'steps' must map step names to steps")
        read = {str(step): self.step(str(step), body) for step, body in steps.items()}
        return Flow(FlowRef(name, self.release), entry, read, "form" if kind == "form" else "talk", belongs)

    def step(self, name: str, body: Any) -> Step:
        place = f"{self.file}: step '{name}'"
        if not _ID.fullmatch(name):
            raise ContentError(f"{place}: a step name has small letters, digits and _, at most 32")
        # YAML 1.1 reads the key `on` as true.
        fields = _Fields(
            place,
            {("on" if key is True else key): item for key, item in body.items()} if isinstance(body, dict) else body,
        )
        for key, reader in _STEPS.items():
            if fields.has(key):
                step = reader(self, fields)
                fields.finish()
                return step
        raise ContentError(f"{place}: one of {', '.join(_STEPS)} is expected")

    def rule(self, place: str, expression: Any) -> Rule:
        if not isinstance(expression, str):
            raise ContentError(f"{place}: a condition must be a text")
        try:
            return Rule(expression)
        except RuleError as error:
            raise ContentError(f"{place}: {error}") from None

    def options(self, fields: _Fields) -> tuple[Option, ...]:
        if fields.peek("options") == LANGUAGES:
            fields.raw("options")
            return self.languages
        return tuple(self.option(fields.place, item) for item in fields.items("options"))

    def option(self, place: str, item: Any) -> Option:
        fields = _Fields(f"{place}, an option", item)
        name = fields.text("id")
        if not _ID.fullmatch(name):
            raise ContentError(f"{place}: option id '{name}' must have small letters, digits and _, at most 32")
        when = fields.raw("when")
        option = Option(
            id=name,
            label=fields.text("label"),
            goto=fields.optional("goto"),
            value=fields.raw("value"),
            when=self.rule(place, when) if when is not None else None,
            url=fields.optional("url"),
            link=fields.optional("link"),
            chooses=fields.flag("chooses", default=True),
            in_place=fields.flag("in_place", default=False),
        )
        fields.finish()
        return option

    def listed(self, fields: _Fields) -> Listed | None:
        if not fields.has("each"):
            return None
        each = _Fields(f"{fields.place}, 'each'", fields.raw("each"))
        listed = Listed(each.text("names"), each.text("label"), each.flag("in_place", default=False))
        each.finish()
        if listed.label.count("{}") != 1:
            raise ContentError(f"{fields.place}: label '{listed.label}' must have one {{}}, where the name goes")
        return listed

    def say(self, fields: _Fields) -> Step:
        return Say(fields.text("say"), fields.text("goto"), fields.optional("each"), fields.optional("figure"))

    def accepted(self, fields: _Fields) -> tuple[str, tuple[str | None, str | None]]:
        """What kind of words is taken, and what bounds it."""
        accepts = fields.text("accepts")
        if accepts not in inputs.KINDS:
            raise ContentError(f"{fields.place}: accepts '{accepts}' is unknown; use one of {', '.join(inputs.KINDS)}")
        low, high = fields.optional("low"), fields.optional("high")
        for limit in (low, high):
            try:
                inputs.limit(limit, NO_VALUES)
            except ArithmeticError:
                raise ContentError(
                    f"{fields.place}: limit '{limit}' is neither a number nor the name of a value"
                ) from None
        return accepts, (low, high)

    def ask(self, fields: _Fields) -> Step:
        accepts, (low, high) = self.accepted(fields)
        return Ask(
            ask=fields.text("ask"),
            saves=fields.text("saves"),
            accepts=accepts,
            goto=fields.text("goto"),
            why=fields.optional("why"),
            low=low,
            high=high,
            optional=fields.flag("optional", default=False),
            when=self.condition(fields),
            corrects=fields.flag("corrects", default=False),
        )

    def condition(self, fields: _Fields) -> Rule | None:
        when = fields.raw("when")
        return None if when is None else self.rule(fields.place, when)

    def choose(self, fields: _Fields) -> Step:
        return Choose(
            choose=fields.text("choose"),
            options=self.options(fields),
            saves=fields.optional("saves"),
            goto=fields.optional("goto"),
            columns=fields.number("columns", 1),
            why=fields.optional("why"),
            finished=fields.flag("finished", default=False),
            figure=fields.optional("figure"),
            listed=self.listed(fields),
            when=self.condition(fields),
            takes=fields.optional("takes"),
            near=fields.optional("near"),
            reviewed=fields.flag("reviewed", default=True),
            on=fields.table("on") if fields.has("on") else {},
        )

    def typed(self, fields: _Fields) -> Typed | None:
        if not fields.has("typed"):
            return None
        typed = _Fields(f"{fields.place}, 'typed'", fields.raw("typed"))
        accepts, (low, high) = self.accepted(typed)
        if accepts != "amount":
            raise ContentError(f"{typed.place}: accepts '{accepts}' cannot be told from other words here; use 'amount'")
        found = Typed(accepts, typed.text("saves"), typed.text("goto"), low, high)
        typed.finish()
        return found

    def cards(self, fields: _Fields) -> Step:
        return Cards(
            cards=fields.text("cards"),
            text=fields.text("text"),
            options=self.options(fields),
            saves=fields.text("saves"),
            empty=fields.text("empty"),
            figure=fields.optional("figure"),
            typed=self.typed(fields),
        )

    def branch(self, fields: _Fields) -> Step:
        branches = []
        for item in fields.items("branch"):
            case = _Fields(f"{fields.place}, a branch", item)
            branches.append((self.rule(case.place, case.raw("when")), case.text("goto")))
            case.finish()
        return Branch(tuple(branches), fields.text("else"))

    def consent(self, fields: _Fields) -> Step:
        return Consent(fields.text("consent"), fields.text("agreed"), fields.text("refused"))

    def recall(self, fields: _Fields) -> Step:
        return Recall(fields.text("recall"), fields.text("goto"))

    def review(self, fields: _Fields) -> Step:
        return Review(fields.text("review"), fields.text("confirm"), fields.text("goto"))

    def call(self, fields: _Fields) -> Step:
        patience = fields.number("patience", 0)
        return Call(
            call=fields.text("call"),
            on=fields.table("on"),
            passes=tuple(str(name) for name in fields.items("passes")),
            busy=fields.optional("busy"),
            patience=patience or None,
            late=fields.optional("late"),
            saves=tuple(str(name) for name in fields.items("saves")),
        )

    def await_(self, fields: _Fields) -> Step:
        return Await(
            awaits=fields.text("await"),
            shows=fields.text("shows"),
            on=fields.table("on"),
            options=self.options(fields),
            takes=fields.optional("takes"),
        )

    def handoff(self, fields: _Fields) -> Step:
        return Handoff(fields.text("handoff"), fields.table("on"))

    def enter(self, fields: _Fields) -> Step:
        return Enter(fields.text("enter"), fields.text("goto"))

    def forget(self, fields: _Fields) -> Step:
        names = tuple(str(name) for name in fields.items("forget"))
        return Forget(names, fields.text("goto"), fields.optional("consent"))

    def end(self, fields: _Fields) -> Step:
        then = fields.text("end")
        match then:
            case "return" | "home" | "restart" | "forget":
                return End(then)
        raise ContentError(f"{fields.place}: end '{then}' is unknown; use return, home, restart or forget")


_STEPS: Mapping[str, Callable[[_Reader, _Fields], Step]] = {
    "say": _Reader.say,
    "forget": _Reader.forget,
    "ask": _Reader.ask,
    "choose": _Reader.choose,
    "cards": _Reader.cards,
    "branch": _Reader.branch,
    "consent": _Reader.consent,
    "recall": _Reader.recall,
    "review": _Reader.review,
    "call": _Reader.call,
    "await": _Reader.await_,
    "handoff": _Reader.handoff,
    "enter": _Reader.enter,
    "end": _Reader.end,
}
