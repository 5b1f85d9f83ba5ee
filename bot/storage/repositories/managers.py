"""Account managers."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from bot.handoff.profiles import Profile, parse_profile, written_profile
from bot.handoff.records import Manager, Photo
from bot.storage.rows import ManagerPhotoRow, ManagerRow, table
from bot.storage.sql import Executor, compiled, given, insertion

_manager: Final = table(ManagerRow)
_photo: Final = table(ManagerPhotoRow)


def _by(column: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(_manager).where(column == given(column))


_ADD: Final = compiled(insertion(_manager).returning(_manager.c.id))
_GET: Final = compiled(_by(_manager.c.id))
_BY_CONVERSATION: Final = compiled(_by(_manager.c.conversation_id))
_BY_INVITATION: Final = compiled(_by(_manager.c.invitation).with_for_update(key_share=True))
_JOINED: Final = compiled(
    sa.update(_manager)
    .where(_manager.c.id == given(_manager.c.id))
    .values(conversation_id=given(_manager.c.conversation_id), invitation=sa.null())
)
_SET_ON_DUTY: Final = compiled(
    sa.update(_manager).where(_manager.c.id == given(_manager.c.id)).values(on_duty=given(_manager.c.on_duty))
)
_SET_PROFILE: Final = compiled(
    sa.update(_manager).where(_manager.c.id == given(_manager.c.id)).values(profile=given(_manager.c.profile))
)
_EVERYONE: Final = compiled(sa.select(_manager).where(_manager.c.conversation_id.is_not(None)).order_by(_manager.c.id))
_ALL: Final = compiled(sa.select(_manager).order_by(_manager.c.id))
_PHOTO: Final = compiled(sa.select(_photo).where(_photo.c.manager_id == given(_photo.c.manager_id)))
_NO_PHOTO: Final = compiled(sa.delete(_photo).where(_photo.c.manager_id == given(_photo.c.manager_id)))
_SET_PHOTO: Final = compiled(insertion(_photo))


class PostgresManagers:
    """See `Managers`."""

    __slots__ = ("_on",)

    def __init__(self, on: Executor) -> None:
        self._on = on

    async def add(self, manager: Manager) -> Manager:
        """See `Managers.add`."""
        number = await _ADD.value(
            self._on,
            name=manager.name,
            role=manager.role,
            hours=manager.hours,
            language=manager.language,
            on_duty=manager.on_duty,
            conversation_id=manager.conversation,
            invitation=manager.invitation,
            profile=written_profile(manager.profile),
        )
        return replace(manager, id=number)

    async def get(self, manager: int) -> Manager | None:
        """See `Managers.get`."""
        return manager_of(await _GET.row(self._on, id=manager))

    async def by_conversation(self, conversation: int) -> Manager | None:
        """See `Managers.by_conversation`."""
        return manager_of(await _BY_CONVERSATION.row(self._on, conversation_id=conversation))

    async def by_invitation(self, invitation: str) -> Manager | None:
        """See `Managers.by_invitation`."""
        return manager_of(await _BY_INVITATION.row(self._on, invitation=invitation))

    async def joined(self, manager: int, conversation: int) -> None:
        """See `Managers.joined`."""
        await _JOINED.run(self._on, id=manager, conversation_id=conversation)

    async def set_on_duty(self, manager: int, on_duty: bool) -> None:
        """See `Managers.set_on_duty`."""
        await _SET_ON_DUTY.run(self._on, id=manager, on_duty=on_duty)

    async def set_profile(self, manager: int, profile: Profile) -> None:
        """See `Managers.set_profile`."""
        await _SET_PROFILE.run(self._on, id=manager, profile=written_profile(profile))

    async def photo(self, manager: int) -> Photo | None:
        """See `Managers.photo`."""
        row = await _PHOTO.row(self._on, manager_id=manager)
        return row and Photo(row["media_type"], bytes(row["content"]))

    async def set_photo(self, manager: int, photo: Photo) -> None:
        """See `Managers.set_photo`."""
        await _NO_PHOTO.run(self._on, manager_id=manager)
        await _SET_PHOTO.run(self._on, manager_id=manager, media_type=photo.media_type, content=photo.content)

    async def all(self) -> tuple[Manager, ...]:
        """See `Managers.all`."""
        return tuple(filter(None, map(manager_of, await _ALL.rows(self._on))))

    async def everyone(self) -> tuple[Manager, ...]:
        """See `Managers.everyone`."""
        return tuple(filter(None, map(manager_of, await _EVERYONE.rows(self._on))))


def manager_of(row: Any) -> Manager | None:
    """The manager that a row of `account_manager` is."""
    return row and Manager(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        hours=row["hours"],
        language=row["language"],
        on_duty=row["on_duty"],
        conversation=row["conversation_id"],
        invitation=row["invitation"],
        profile=_profile(json.dumps(row["profile"], sort_keys=True)),
    )


@lru_cache(maxsize=512)
def _profile(document: str) -> Profile:
    """Every routing reads all profiles, and they seldom change."""
    return parse_profile(json.loads(document))
