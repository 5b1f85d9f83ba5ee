"""The content that turns read: the current release, and older ones that forms are pinned to."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime
from typing import Final, Protocol, TypeVar

from bot.core.clock import Clock
from bot.core.errors import ContentError
from bot.dialogs.model import FlowBook
from bot.publishing.check import check
from bot.publishing.content import Content, assemble, with_older
from bot.publishing.finder import Finders, LexicalFinder
from bot.publishing.release import Documents, Release, digest_of

_Key = TypeVar("_Key")

KEPT: Final = 16
"""How many older releases, and how many sets of them, are kept assembled."""


class ReleaseStore(Protocol):
    """Where releases are kept. They are only ever added."""

    async def add(self, documents: Documents, digest: str, at: datetime, by: str, note: str) -> Release:
        """Keep a release under the next number, and tell every running process once it is committed.

        Where the newest release has the same digest, that one is the answer and nothing is added.
        """
        ...

    async def newest(self) -> Release | None:
        """The release with the highest number; None before the first publication."""
        ...

    async def get(self, number: int) -> Release | None:
        """The release with this number."""
        ...


class Library:
    """Serves one process with content. `refresh` first; then `current` costs nothing.

    `services` are those that flows may call, where the process knows them; a publication is checked against them.
    `finders` makes what finds the answers of the current release.
    """

    def __init__(  # noqa: PLR0913 -- each is a choice of its own, and most have a default
        self,
        store: ReleaseStore,
        clock: Clock,
        default_locale: str = "zh",
        timezone: str = "Asia/Shanghai",
        *,
        services: frozenset[str] | None = None,
        finders: Finders = LexicalFinder,
    ) -> None:
        self._store, self._clock, self._services, self._finders = store, clock, services, finders
        self._default_locale, self._timezone = default_locale, timezone
        self._current: Content | None = None
        self._older: OrderedDict[int, Content] = OrderedDict()
        self._pinned: OrderedDict[frozenset[int], Content] = OrderedDict()

    @property
    def current(self) -> Content:
        """The content of the current release. Raises `ContentError` before anything is published."""
        if self._current is None:
            raise ContentError("no content is published yet; run `python -m bot content publish`")
        return self._current

    def book(self) -> FlowBook:
        """The flows of the current release."""
        return self.current.book

    async def book_for(self, releases: frozenset[int]) -> FlowBook:
        """The flows of the current release and of those that a state is pinned to."""
        return (await self.content_for(releases)).book

    async def content_for(self, releases: frozenset[int]) -> Content:
        """The current content together with what forms pinned to `releases` still need of theirs."""
        current = self.current
        pins = releases - {current.number}
        if not pins:
            return current
        if (kept := self._pinned.get(pins)) is not None:
            return kept
        older = [await self.content(number) for number in sorted(pins)]
        merged = with_older(current, older)
        return _keep(self._pinned, pins, merged) if current is self._current else merged

    async def content(self, number: int) -> Content:
        """The content of one release as it was published. Raises `ContentError` when there is none of that number."""
        if number == self.current.number:
            return self.current
        if number in self._older:
            self._older.move_to_end(number)
            return self._older[number]
        release = await self._store.get(number)
        if release is None:
            raise ContentError(f"there is no release {number} of the content")
        return _keep(self._older, number, await self._assembled(release))

    async def refresh(self, number: int | None = None) -> Content:
        """Read the newest release where it is newer than the current one; `number` is what a notification told.

        A release that cannot be read raises `ContentError` and leaves the current one in place.
        """
        if self._current is not None and number is not None and number <= self._current.number:
            return self._current
        newest = await self._store.newest()
        if newest is not None and (self._current is None or newest.number > self._current.number):
            self._become(await self._assembled(newest, self._finders))
        return self.current

    async def publish(self, documents: Documents, by: str, note: str = "") -> Release:
        """Publish `documents` as the next release, unless they are those of the newest, which is then the answer.

        Raises `ContentError` that lists every problem where the content must not be published.
        """
        problems = [
            problem for problem in await asyncio.to_thread(check, documents, self._services) if problem.blocking
        ]
        if problems:
            raise ContentError("\n".join(map(str, problems)))
        release = await self._store.add(documents, digest_of(documents), self._clock.now(), by, note)
        await self.refresh(release.number)
        return release

    async def _assembled(self, release: Release, finders: Finders = LexicalFinder) -> Content:
        """Beside the event loop: turns go on with the content they have. Answers are only sought in the current release."""
        return await asyncio.to_thread(assemble, release, self._default_locale, self._timezone, finders)

    def _become(self, content: Content) -> None:
        if self._current is None or content.number > self._current.number:
            if self._current is not None:
                _keep(self._older, self._current.number, self._current)
            self._current = content
            self._pinned.clear()


def _keep(kept: OrderedDict[_Key, Content], key: _Key, content: Content) -> Content:
    kept[key] = content
    if len(kept) > KEPT:
        kept.popitem(last=False)
    return content
