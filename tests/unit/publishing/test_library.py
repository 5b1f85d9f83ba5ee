from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.core.errors import ContentError
from bot.core.values import Text
from bot.dialogs.model import FlowRef
from bot.publishing.content import assemble
from bot.publishing.library import KEPT, Library
from bot.publishing.release import Documents, Release
from tests.unit.publishing.content import NOW, documents, release


class Shelf:
    """A store in memory that counts how often it is read."""

    def __init__(self) -> None:
        self.releases: list[Release] = []
        self.reads = 0

    async def add(self, documents: Documents, digest: str, at: datetime, by: str, note: str) -> Release:
        if self.releases and self.releases[-1].digest == digest:
            return self.releases[-1]
        self.releases.append(Release(len(self.releases) + 1, documents, digest, at, by, note))
        return self.releases[-1]

    async def newest(self) -> Release | None:
        self.reads += 1
        return self.releases[-1] if self.releases else None

    async def get(self, number: int) -> Release | None:
        self.reads += 1
        return self.releases[number - 1] if 0 < number <= len(self.releases) else None


class FixedClock:
    def now(self) -> datetime:
        return NOW


def shelved(*contents: dict[str, Any]) -> Shelf:
    shelf = Shelf()
    shelf.releases = [release(content, number) for number, content in enumerate(contents, 1)]
    return shelf


def saying(**words: str) -> dict[str, Any]:
    """The test content with other Chinese words."""
    content = documents()
    content["messages"]["zh"] |= {key.replace("__", "."): said for key, said in words.items()}
    return content


async def library(shelf: Shelf) -> Library:
    made = Library(shelf, FixedClock())
    await made.refresh()
    return made


async def test_turns_read_the_newest_release_without_asking_the_store_again() -> None:
    shelf = shelved(documents(), saying(t__which="您做什么？"))
    made = await library(shelf)
    reads = shelf.reads
    assert made.current.number == 2
    assert made.current.texts.render(Text("t.which"), "zh") == "您做什么？"
    assert (await made.content_for(frozenset({2}))) is made.current
    assert made.book() is made.current.book
    assert shelf.reads == reads


async def test_before_the_first_publication_the_remedy_is_told() -> None:
    with pytest.raises(ContentError, match="content publish"):
        await library(Shelf())


async def test_a_notification_brings_the_new_release() -> None:
    shelf = shelved(documents())
    made = await library(shelf)
    shelf.releases.append(release(saying(t__which="您做什么？"), 2))
    await made.refresh(2)
    assert made.current.number == 2


async def test_a_late_notification_of_an_old_release_changes_nothing() -> None:
    shelf = shelved(documents(), documents())
    made = await library(shelf)
    reads = shelf.reads
    await made.refresh(1)
    assert (made.current.number, shelf.reads) == (2, reads)


async def test_a_release_that_cannot_be_read_leaves_the_current_one_in_place() -> None:
    shelf = shelved(documents())
    made = await library(shelf)
    shelf.releases.append(release({**documents(), "flows": {"welcome.yaml": {"nonsense": 1}}}, 2))
    with pytest.raises(ContentError):
        await made.refresh(2)
    assert made.current.number == 1


async def test_a_form_keeps_the_flow_of_the_release_it_is_pinned_to() -> None:
    changed = documents()
    changed["flows"]["welcome.yaml"]["steps"]["segment"]["saves"] = "kind"
    made = await library(shelved(documents(), changed))
    book = await made.book_for(frozenset({1, 2}))
    assert book.current("welcome").steps["segment"].saves == "kind"  # type: ignore[union-attr]  # a Choose
    assert book.flows[FlowRef("welcome", 1)].steps["segment"].saves == "segment"  # type: ignore[union-attr]  # a Choose


async def test_a_wording_fix_reaches_a_pinned_form_at_once() -> None:
    made = await library(shelved(documents(), saying(t__which="您做什么？")))
    content = await made.content_for(frozenset({1}))
    assert content.texts.render(Text("t.which"), "zh") == "您做什么？"


async def test_a_pinned_form_finds_the_words_and_notices_that_were_taken_out_since() -> None:
    shorter = documents()
    for words in shorter["messages"].values():
        for key in ("t.farmer", "t.farmer.also", "t.notice"):
            words.pop(key, None)
    shorter["notices"] = {}
    steps = shorter["flows"]["welcome.yaml"]["steps"]
    steps["segment"] |= {"options": [{"id": "trader", "label": "t.trader"}], "goto": "done"}
    del steps["consent"]
    made = await library(shelved(documents(), shorter))
    assert "contact" not in made.book().notices
    content = await made.content_for(frozenset({1}))
    assert content.texts.label(Text("t.farmer"), "en") == "🌾 Farmer"
    assert "t.farmer" in content.book.words["种地"]
    assert content.book.placeholders["t.farmer"] == frozenset()
    assert content.book.notices["contact"].version == 1


async def test_of_several_pinned_releases_the_newest_wording_holds() -> None:
    gone = documents()
    for words in gone["messages"].values():
        words.pop("t.extra", None)
    first, second = documents(), documents()
    for authored, said in ((first, "one"), (second, "two")):
        for words in authored["messages"].values():
            words["t.extra"] = said
    made = await library(shelved(first, second, gone))
    content = await made.content_for(frozenset({1, 2}))
    assert content.texts.render(Text("t.extra"), "zh") == "two"


async def test_pinned_content_is_assembled_once() -> None:
    shelf = shelved(documents(), saying(t__which="您做什么？"))
    made = await library(shelf)
    first = await made.content_for(frozenset({1}))
    reads = shelf.reads
    assert await made.content_for(frozenset({1, 2})) is first
    assert shelf.reads == reads


async def test_pinned_content_follows_a_publication() -> None:
    shelf = shelved(documents(), documents())
    made = await library(shelf)
    await made.content_for(frozenset({1}))
    shelf.releases.append(release(saying(t__which="您做什么？"), 3))
    await made.refresh(3)
    content = await made.content_for(frozenset({1}))
    assert (content.number, content.texts.render(Text("t.which"), "zh")) == (3, "您做什么？")


async def test_a_release_as_published_keeps_its_own_words() -> None:
    made = await library(shelved(documents(), saying(t__which="您做什么？")))
    assert (await made.content(1)).texts.render(Text("t.which"), "zh") == "您是？"


async def test_the_replaced_release_needs_no_second_reading() -> None:
    shelf = shelved(documents())
    made = await library(shelf)
    shelf.releases.append(release(saying(t__which="您做什么？"), 2))
    await made.refresh(2)
    reads = shelf.reads
    await made.content_for(frozenset({1}))
    assert shelf.reads == reads


async def test_an_unknown_release_is_an_error_that_names_it() -> None:
    with pytest.raises(ContentError, match="no release 7"):
        await (await library(shelved(documents()))).content_for(frozenset({7}))


async def test_the_number_of_kept_releases_is_bounded() -> None:
    made = await library(shelved(*[documents()] * (KEPT + 3)))
    for number in range(1, KEPT + 3):
        await made.content_for(frozenset({number}))
    assert len(made._older) == len(made._pinned) == KEPT


async def test_content_with_a_problem_is_not_published_and_the_problem_is_told() -> None:
    shelf = Shelf()
    content = documents()
    content["flows"]["welcome.yaml"]["steps"]["segment"]["goto"] = "nowhere"
    with pytest.raises(ContentError, match=r"flows/welcome\.yaml: segment: it leads to 'nowhere'"):
        await Library(shelf, FixedClock()).publish(content, "author")
    assert shelf.releases == []


def test_assembled_content_speaks_of_its_release() -> None:
    content = assemble(release(number=5))
    assert content.number == content.book.release == 5
    assert set(content.book.flows) == {FlowRef("welcome", 5)}


async def test_content_is_published_under_the_next_number_and_read_at_once() -> None:
    shelf = Shelf()
    made = Library(shelf, FixedClock())
    first = await made.publish(documents(), "author", "the beginning")
    second = await made.publish(saying(t__which="您做什么？"), "author")
    assert [(first.number, first.published_by, first.note), second.number] == [(1, "author", "the beginning"), 2]
    assert first.published_at == NOW
    assert made.current.number == 2


async def test_publishing_the_same_content_again_makes_no_release() -> None:
    shelf = Shelf()
    made = Library(shelf, FixedClock())
    first = await made.publish(documents(), "author")
    assert await made.publish(documents(), "somebody else") is first
    assert len(shelf.releases) == 1


async def test_a_flow_that_calls_an_unknown_service_is_not_published() -> None:
    content = documents()
    steps = content["flows"]["welcome.yaml"]["steps"]
    steps["segment"]["goto"] = "fetch"
    steps["fetch"] = {"call": "weather", "on": {"else": "consent"}}
    with pytest.raises(ContentError, match="service 'weather' is not registered"):
        await Library(Shelf(), FixedClock(), services=frozenset({"quote"})).publish(content, "author")
