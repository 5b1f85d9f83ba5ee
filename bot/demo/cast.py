"""Who works for the demo's lender: two account managers, their supervisor and a field agent, ready to play. Read from `cast.yaml`.

They come in once, when the page is first opened, and speak its language: each gets a phone in the simulator and opens an invitation, as
a real one would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import bot.simulator
from bot.app import Running
from bot.growth import field_agents
from bot.handoff import invitations
from bot.handoff.introductions import photo_of
from bot.handoff.profiles import parse_profile
from bot.handoff.records import Manager
from bot.publishing.sources import parse_yaml
from bot.simulator.client import Phone, SimulatorClient
from bot.storage.database import Database
from bot.storage.repositories.field_agents import PostgresFieldAgents
from bot.storage.repositories.managers import PostgresManagers

FILE: Final = Path(__file__).with_name("cast.yaml")
FACES: Final = Path(bot.simulator.__file__).with_name("static") / "img" / "people"
PHOTOS: Final = "/static/img/people"
"""Where the page finds the portraits."""


@dataclass(slots=True)
class Cast:
    """The staff of the demo at `page`, of `bot`. `database` is the bot's own."""

    database: Database
    bot: Running
    page: str
    _language: str = ""
    _people: list[Mapping[str, Any]] = field(default_factory=list)
    _coming: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def people(self, language: str) -> list[Mapping[str, Any]]:
        """Each as the page needs to know them: `user` of the simulator, `seat`, `photo`, and an agent's `links` by place.

        They come in at the first call and stay; all later ones tell of the same people, whatever the `language`.
        """
        async with self._coming:
            if not self._people:
                self._language = self.bot.parts.library.current.texts.nearest(language)
                document = parse_yaml(FILE.read_text(encoding="utf-8"), FILE.name)
                async with SimulatorClient(self.page) as simulator:
                    self._people = [one async for one in self._all(document, simulator)]
        return self._people

    async def _all(self, document: Any, simulator: SimulatorClient) -> AsyncIterator[Mapping[str, Any]]:
        numbers: dict[str, int] = {}
        for name, written in document["managers"].items():
            code = invitations.new_code()
            known = await self._manager(name, written, invitations.hashed(code))
            numbers[name] = known.id
            phone = await self._comes(simulator, written, invitations.payload(code))
            yield self._told(name, written, phone)
        await self._stand_in(document["managers"], numbers)
        yield await self._agent(document["agent"], simulator)

    async def _manager(self, name: str, written: Mapping[str, Any], invitation: str) -> Manager:
        profile = {field: value for field, value in written["profile"].items() if field != "backup"}
        known = Manager(
            id=0,
            name=" ".join(filter(None, self._said(written["name"]))),
            role=written["role"],
            hours=written["hours"],
            language=self._language,
            invitation=invitation,
            profile=parse_profile(profile, FILE.name),
        )
        managers = PostgresManagers(self.database.pool)
        added = await managers.add(known)
        await managers.set_photo(added.id, photo_of((FACES / f"{name}.jpg").read_bytes()))
        return added

    async def _stand_in(self, written: Mapping[str, Any], numbers: Mapping[str, int]) -> None:
        """Name the backups, now that all have a number."""
        managers = PostgresManagers(self.database.pool)
        for name, number in numbers.items():
            backup, known = written[name]["profile"].get("backup"), await managers.get(number)
            if backup and known:
                await managers.set_profile(number, replace(known.profile, backup=numbers[backup]))

    async def _agent(self, written: Mapping[str, Any], simulator: SimulatorClient) -> Mapping[str, Any]:
        agents = PostgresFieldAgents(self.database.pool)
        code = invitations.new_code()
        number = await agents.add(
            " ".join(filter(None, self._said(written["name"]))), written["channel"], datetime.now(UTC)
        )
        await agents.invite(number, invitations.hashed(code))
        links = []
        for place in self._said(written["places"]):
            known = field_agents.new_code()
            await agents.add_link(known, number, place)
            links.append({"place": place, "link": self._link(field_agents.payload(known))})
        phone = await self._comes(simulator, written, f"{field_agents.INVITATION}{code}")
        return self._told(written["id"], written, phone, links=links)

    async def _comes(self, simulator: SimulatorClient, written: Mapping[str, Any], payload: str) -> Phone:
        """Somebody with a phone opens the invitation, and has the bot's welcome."""
        first, last = self._said(written["name"])
        phone = await simulator.join(
            first, language=self._language, role=written["seat"], last_name=last or None, phone=written["phone"]
        )
        await phone.open(self._link(payload))
        await phone.wait_for()
        return phone

    def _told(self, name: str, written: Mapping[str, Any], phone: Phone, **more: Any) -> Mapping[str, Any]:
        return {"user": phone.id, "seat": written["seat"], "photo": f"{PHOTOS}/{name}.svg", **more}

    def _link(self, payload: str) -> str:
        return f"https://t.me/{self.bot.account.username}?start={payload}"

    def _said(self, written: Mapping[str, Any]) -> Any:
        return written.get(self._language, written["en"])
