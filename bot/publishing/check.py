"""The whole content checked before it may be published: texts, flows, products, stories, answers, notices, commands.

Every problem names the file, the place in it, what is wrong and what to do. Those that are not `blocking` are worth
tidying up but harm nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from bot.applications.retention import Retention, parse_retention
from bot.applications.signals import SignalRules, parse_signals, signal_keys
from bot.applications.usual_times import NO_TIMES, parse_usual_times
from bot.core.errors import ContentError, TillwiseError
from bot.dialogs.checks import SYSTEM_TEXTS, check_flow, services_called
from bot.dialogs.checks import text_keys as flow_keys
from bot.dialogs.model import Choose, Flow, Notice
from bot.dialogs.reader import assembled, parse_flows
from bot.growth.field_leads import parse_field_leads
from bot.handoff.appointments import parse_appointments
from bot.handoff.branches import Branch, branch_keys, parse_branches
from bot.handoff.claims import ClaimRules, claim_keys, parse_claims
from bot.handoff.scoring import parse_rules
from bot.handoff.service_level import Targets, parse_targets
from bot.products.catalogue import Catalogue, parse_catalogue, text_keys
from bot.products.stories import Story, parse_stories, reconcile, story_keys
from bot.publishing.answers import Answer, parse_topics, phrasings
from bot.publishing.content import with_days
from bot.publishing.finder import NOTHING, LexicalFinder
from bot.publishing.keys import bound_to, is_command, program_keys, strings
from bot.publishing.labels import ALSO, label_keys
from bot.publishing.menu import BUILT_IN, Menu, command_names, command_words, parse_menu
from bot.publishing.menu import FILE as COMMANDS
from bot.publishing.notices import parse_notices
from bot.publishing.release import Documents
from bot.texts import markup, templates
from bot.texts.catalogues import Messages
from bot.texts.formats import Formats
from bot.texts.texts import compiled

LABEL_LENGTH: Final = 40
"""Characters of a button's label that a phone shows in one line."""

MESSAGE_LENGTH: Final = 3000
"""Characters of one text, so that a message with its values stays under the 4,096 that a channel takes."""

PHRASINGS: Final = 5
"""Ways of asking that an answer needs in each language to be found."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `place` in `file`, and what to do about it where `what` does not say so already."""

    file: str
    place: str
    what: str
    remedy: str
    blocking: bool = True

    def __str__(self) -> str:
        where = f"{self.file}: {self.place}" if self.place else self.file
        return f"{where}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What of the documents could be read; the rest has its problem already."""

    flows: Mapping[str, Flow]
    menu: Menu | None
    catalogue: Catalogue | None
    stories: tuple[Story, ...]
    topics: Mapping[str, Answer]
    notices: Mapping[str, Notice]
    branches: Mapping[str, Branch]
    signals: SignalRules | None
    claims: ClaimRules
    retention: Retention | None

    @property
    def answers(self) -> Mapping[str, Answer]:
        """The topics that have words."""
        return {topic: answer for topic, answer in self.topics.items() if topic != NOTHING}


def check(documents: Documents, services: Collection[str] | None = None) -> Sequence[Problem]:
    """All problems of the content. `services` are those that flows may call; None where they are not known here."""
    problems: list[Problem] = []
    parsed = _parse(documents, problems)
    messages: Messages = documents["messages"]
    problems += _words(messages, parsed)
    problems += _commands(messages, parsed)
    problems += _flows(parsed, messages, services)
    problems += _stories(parsed)
    problems += _answers(parsed, messages)
    problems += _notices(parsed)
    problems += _kept_too_briefly(parsed)
    problems += _missing(documents, parsed)
    problems += _unused(documents, parsed)
    return tuple(dict.fromkeys(problems))


def _parse(documents: Documents, problems: list[Problem]) -> _Parsed:
    """Each file by itself, so that one that cannot be read does not hide what is wrong with the others."""

    def attempt(read: Callable[[], T], default: T, folder: str = "") -> T:
        try:
            return read()
        except TillwiseError as error:
            problems.extend(_told(line, folder) for line in str(error).splitlines())
            return default

    no_flows: dict[str, object] = {}
    whole = {**documents, "flows": attempt(lambda: assembled(documents["flows"]), no_flows, "flows")}

    def each(folder: str, read: Callable[[Mapping[str, object]], Mapping[str, T]]) -> dict[str, T]:
        found: dict[str, T] = {}
        nothing: Mapping[str, T] = {}
        for name, document in whole[folder].items():
            found |= attempt(partial(read, {name: with_days(document)}), nothing, folder)
        return found

    attempt(lambda: parse_rules(documents["lead_rules"]), None)
    attempt(lambda: parse_usual_times(documents["usual_times"]), NO_TIMES)
    attempt(lambda: parse_appointments(documents["appointments"]), None)
    attempt(lambda: parse_field_leads(documents["field_leads"]), None)
    attempt(lambda: parse_targets(documents["desk"]), Targets())
    return _Parsed(
        flows=each("flows", lambda one: parse_flows(one, 0, documents["messages"])),
        menu=attempt(lambda: parse_menu(documents["commands"]), None),
        catalogue=attempt(lambda: parse_catalogue(with_days(documents["products"])), None, "products"),
        stories=tuple(each("stories", lambda one: {story.id: story for story in parse_stories(one)}).values()),
        topics=each("answers", parse_topics),
        notices=each("notices", parse_notices),
        branches=each("branches", parse_branches),
        signals=attempt(lambda: parse_signals(documents["signals"]), None),
        claims=attempt(lambda: parse_claims(documents["claims"]), ClaimRules()),
        retention=attempt(lambda: parse_retention(documents["retention"]), None),
    )


def _kept_too_briefly(parsed: _Parsed) -> Iterator[Problem]:
    """What rules look back at must still be there."""
    compared = parsed.signals.compare_days if parsed.signals else 0
    if parsed.retention and parsed.retention.rules["hashes"].days < compared:
        where = "classes.hashes.days"
        yield Problem(
            "retention.yaml", where, "signals look back further", f"give at least {compared}, as signals.yaml does"
        )


def _told(error: str, folder: str) -> Problem:
    """An error `file: place: what; remedy` as a problem; place and remedy may be missing."""
    file, place, rest = [*error.split(": ", 2), "", ""][:3]
    if not rest:
        place, rest = "", place
    what, _, remedy = rest.rpartition("; ")
    return Problem(f"{folder}/{file}" if folder else file, place, what or rest, remedy if what else "")


def _words(messages: Messages, parsed: _Parsed) -> Iterator[Problem]:
    keys = sorted(set().union(*messages.values()))
    labels = label_keys(parsed.flows.values(), keys) | {answer.title for answer in parsed.answers.values()}
    formats = {locale: Formats(locale, "UTC") for locale in messages}
    for key in keys:
        needs: dict[str, frozenset[str]] = {}
        for locale, words in messages.items():
            where = f"locales/{locale}"
            if key in words:
                yield from (
                    Problem(where, key, *fault) for fault in _faults(key, words[key], key in labels, parsed.claims)
                )
                try:
                    needs[locale] = templates.names(compiled(locale, key, words[key], formats[locale]))
                except ContentError as error:
                    yield Problem(where, key, str(error), "correct the placeholder")
            elif not key.endswith(ALSO):
                yield Problem(where, key, "this language has no words for it", "write them")
        yield from _unlike(key, needs)


def _unlike(key: str, needs: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    """Languages whose words need other values than those of the first."""
    for locale in list(needs)[1:]:
        first = next(iter(needs))
        if needs[locale] != needs[first]:
            differing = ", ".join(sorted(needs[locale] ^ needs[first]))
            yield Problem(
                f"locales/{locale}",
                key,
                f"its placeholders differ from those in {first} by {differing}",
                "use the same",
            )


def _faults(key: str, words: str, is_label: bool, claims: ClaimRules) -> Iterator[tuple[str, str]]:
    if key.endswith(ALSO) or is_command(key):
        return
    plain = markup.bare(words)
    if fault := markup.fault(words):
        yield f"its markup is not well-formed: {fault}", "correct it"
    if len(plain) > MESSAGE_LENGTH:
        yield f"it has {len(plain)} characters", f"keep to {MESSAGE_LENGTH}; say one thought a message"
    if is_label and len(plain) > LABEL_LENGTH:
        yield f"this label has {len(plain)} characters", f"keep to {LABEL_LENGTH}"
    if is_label and plain != words:
        yield "this label has markup", "buttons show plain words; take it out"
    for breach in claims.breaches(words):
        yield f"'{breach.words}' is a forbidden claim ({breach.claim.id})", breach.claim.reason


def _commands(messages: Messages, parsed: _Parsed) -> Iterator[Problem]:
    try:
        command_words(messages)
    except ContentError as error:
        yield _told(str(error), "")
    if parsed.menu is None:
        return
    named = {"entry": parsed.menu.entry, "home": parsed.menu.home, "resume": parsed.menu.resume, **parsed.menu.links}
    named |= parsed.menu.flows
    for place, flow in named.items():
        if flow not in parsed.flows:
            yield Problem(COMMANDS, place, f"there is no flow '{flow}'", "name one of dialogs/flows")
    worded = command_names(set().union(*messages.values()))
    for name in sorted(worded - parsed.menu.flows.keys() - BUILT_IN):
        yield Problem("locales", f"command.{name}.words", "this command opens no flow", f"name its flow in {COMMANDS}")
    for name in sorted((parsed.menu.flows.keys() | BUILT_IN) - worded):
        yield Problem(COMMANDS, name, "nobody can say this command", f"write its words as command.{name}.words")


def _flows(parsed: _Parsed, messages: Messages, services: Collection[str] | None) -> Iterator[Problem]:
    texts = frozenset().union(*messages.values())
    for name, flow in parsed.flows.items():
        called = set(services_called(flow))
        for found in check_flow(
            flow,
            texts=texts,
            flows=parsed.flows,
            services=called if services is None else services,
            notices=parsed.notices,
        ):
            what, _, remedy = found.what.rpartition("; ")
            yield Problem(f"flows/{name}.yaml", found.step, what, remedy)


def _stories(parsed: _Parsed) -> Iterator[Problem]:
    if parsed.catalogue is None:
        return
    for story in parsed.stories:
        yield from (_told(disagreement, "stories") for disagreement in reconcile(story, parsed.catalogue))


def _answers(parsed: _Parsed, messages: Messages) -> Iterator[Problem]:
    for topic, answer in parsed.topics.items():
        for locale in messages:
            count = len(answer.phrasings.get(locale, ()))
            if count < PHRASINGS:
                yield Problem(
                    "answers", topic, f"it has {count} phrasings in '{locale}'", f"write at least {PHRASINGS}"
                )
    for answer in parsed.answers.values():
        yield from _unfilled(answer, messages)
    finder = LexicalFinder(phrasings(parsed.topics))
    for topics in phrasings(parsed.topics).values():
        for topic, asked in topics.items():
            for phrase in asked:
                others = finder.worded(phrase) - {topic}
                if others:
                    told = f"'{phrase}' asks for {', '.join(sorted(others))} too"
                    yield Problem("answers", topic, told, "word it apart from that topic, or keep it in one of them")


def _unfilled(answer: Answer, messages: Messages) -> Iterator[Problem]:
    """Placeholders of the words that no figure fills, and figures that the words do not use."""
    for locale, words in messages.items():
        try:
            needed = templates.names(templates.parse(words.get(answer.key, "")))
        except ContentError:
            continue
        if answer.key in words and needed != answer.values:
            differing = ", ".join(sorted(needed ^ answer.values))
            yield Problem(
                "answers", answer.topic, f"its values and its words in '{locale}' differ by {differing}", "align them"
            )


def _notices(parsed: _Parsed) -> Iterator[Problem]:
    for notice in parsed.notices.values():
        if not notice.recipients and notice.abroad:
            yield Problem(
                f"notices/{notice.id}.yaml", "recipients", "data goes abroad to nobody", "name the recipients"
            )


def _needed(parsed: _Parsed) -> Iterator[tuple[str, str, str]]:
    """Every text that must exist beside those of flows: key, and file and place that need it."""
    if parsed.catalogue is not None:
        yield from ((key, "products", "") for key in sorted(text_keys(parsed.catalogue)))
    yield from ((key, "stories", "") for key in sorted(story_keys(parsed.stories)))
    for answer in parsed.answers.values():
        yield from ((key, "answers", answer.topic) for key in (answer.key, answer.title))
    if parsed.signals is not None:
        yield from ((key, "signals.yaml", "") for key in signal_keys(parsed.signals))
    yield from ((key, "claims.yaml", "") for key in claim_keys(parsed.claims))
    yield from ((notice.text, f"notices/{notice.id}.yaml", "text") for notice in parsed.notices.values())
    for branch in parsed.branches.values():
        yield from ((key, f"branches/{branch.id}.yaml", "") for key in branch_keys(branch))
    yield from ((key, "dialogs", "") for key in SYSTEM_TEXTS)
    yield from ((key, place, "") for key, place in program_keys().required.items())


def _missing(documents: Documents, parsed: _Parsed) -> Iterator[Problem]:
    known = set().union(*documents["messages"].values())
    asked: dict[str, tuple[str, str]] = {}
    for key, file, place in _needed(parsed):
        if key not in known:
            asked.setdefault(key, (file, place))
    for key, (file, place) in asked.items():
        yield Problem(file, place, f"the text '{key}' has no words in any language", "write it in locales/")


def _listed_labels(parsed: _Parsed, keys: Collection[str]) -> Iterator[str]:
    """The labels of choices that come with values."""
    for flow in parsed.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Choose) and step.listed:
                yield from step.listed.labels(keys)


def _unused(documents: Documents, parsed: _Parsed) -> Iterator[Problem]:
    program = program_keys()
    keys = sorted(set().union(*documents["messages"].values()))
    used = {key for key, _, _ in _needed(parsed)} | {
        key for flow in parsed.flows.values() for _, key in flow_keys(flow)
    }
    named = used.union(_listed_labels(parsed, keys), *(strings(documents[part]) for part in ("flows", "notices")))
    for key in keys:
        if not any(one in named or program.uses(one) for one in (key, bound_to(key) or key)) and not is_command(key):
            yield Problem("locales", key, "nothing uses this text", "take it out", blocking=False)
