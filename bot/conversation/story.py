"""A customer's story: what was shown in which edition of the content, and what was decided by which rules, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.applications.signals import Screening
from bot.conversation.history import History
from bot.core.values import Months, Rate, Value
from bot.ledger.audit import ACTS, AuditEvent, Detail
from bot.ledger.chain import moment


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: words that were shown or heard, or an act. `release` is the content that applied."""

    at: datetime
    kind: Literal["message", "act"]
    who: str
    what: str
    about: str = ""
    release: int | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Screened:
    """What the rules of signals (`version` of content `release`) found in an application, each with the facts and limits behind it.

    `asked` is the signal that the customer was asked about, `answer` what was chosen.
    """

    at: datetime
    application: str
    release: int
    version: int
    outcome: str
    signals: tuple[tuple[str, str, str], ...]
    asked: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class CustomerStory:
    """The story of the customer with this pseudonym."""

    customer: int
    channel: str
    references: tuple[str, ...]
    decisions: tuple[tuple[str, str, int], ...]
    screenings: tuple[Screened, ...]
    happenings: tuple[Happening, ...]


def story_of(history: History) -> CustomerStory:
    """What is kept of a customer, told by time; after an erasure the acts are what is left."""
    messages = [Happening(line.at, "message", line.author, line.text, release=line.release) for line in history.lines]
    latest = {record.notice: record for record in history.consents}
    return CustomerStory(
        customer=history.conversation.id,
        channel=history.conversation.channel,
        references=tuple(one.reference for one in history.applications if one.reference),
        decisions=tuple((notice, record.state, record.notice_version) for notice, record in latest.items()),
        screenings=tuple(map(_screened, history.screenings)),
        happenings=tuple(sorted([*messages, *map(_act, history.acts)], key=lambda one: one.at)),
    )


def _screened(screening: Screening) -> Screened:
    return Screened(
        at=screening.at,
        application=screening.application,
        release=screening.release,
        version=screening.version,
        outcome=screening.outcome,
        signals=tuple(
            (one.code, one.outcome, ", ".join(f"{name} {_bare(value)}" for name, value in one.values.items()))
            for one in screening.findings
        ),
        asked=screening.asked,
        answer=screening.answer,
    )


def _bare(value: Value) -> Value:
    match value:
        case Rate(fraction=fraction):
            return fraction
        case Months(count=count):
            return count
    return value


def _act(act: AuditEvent) -> Happening:
    release = act.details.get("release")
    return Happening(
        at=act.at,
        kind="act",
        who=act.actor,
        what=act.name,
        about=ACTS[act.name].about if act.name in ACTS else "",
        release=release if isinstance(release, int) else None,
        details=tuple((name, _words(value)) for name, value in act.details.items() if name != "release"),
    )


def _words(value: Detail) -> str:
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def as_json(story: CustomerStory) -> dict[str, Any]:
    """The story for a program."""
    return {
        "customer": story.customer,
        "channel": story.channel,
        "references": list(story.references),
        "consents": [{"notice": name, "state": state, "version": version} for name, state, version in story.decisions],
        "screenings": [
            {"at": moment(one.at), "application": one.application, "release": one.release, "version": one.version,
             "outcome": one.outcome, "asked": one.asked, "answer": one.answer,
             "signals": [{"code": code, "outcome": outcome, "because": because} for code, outcome, because in one.signals]}
            for one in story.screenings
        ],
        "happenings": [
            {"at": moment(one.at), "kind": one.kind, "who": one.who, "what": one.what, "release": one.release,
             "details": dict(one.details)}
            for one in story.happenings
        ],
    }  # fmt: skip


def as_text(story: CustomerStory) -> str:
    """The story to be read in a terminal; times are UTC."""
    lines = [f"Customer {story.customer} ({story.channel})", f"Applications: {', '.join(story.references) or 'none'}"]
    lines += [f"Consent {name}, version {version}: {state}" for name, state, version in story.decisions]
    for screened in story.screenings:
        head = f"Signals in {screened.application}, {screened.at:%Y-%m-%d %H:%M}: {screened.outcome}"
        asked = f", asked about {screened.asked}: {screened.answer or 'no answer'}" if screened.asked else ""
        lines.append(f"{head} (rules {screened.version}, release {screened.release}{asked})")
        lines += [f"  {code}: {outcome} ({because})" for code, outcome, because in screened.signals]
    for one in story.happenings:
        edition = f"  [release {one.release}]" if one.release is not None else ""
        details = "  ".join(f"{name}={value}" for name, value in one.details)
        first, *more = one.what.splitlines() or [""]
        lines.append(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.who:<12} {first}{edition}{'  ' + details if details else ''}")
        lines += [f"{'':<34}{line}" for line in more]
    return "\n".join(lines)
