"""Jobs as they wait: what an argument holds of a person is sealed under that person's key, and opened by the worker."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.conversation.kept_pages import KEEP_PAGE
from bot.conversation.ports import Job
from bot.storage.envelope import place_of
from bot.storage.sealing import Sealing
from bot.storage.sql import Executor
from bot.storage.statements import DEFER

DELIVER_EVENT: Final = "deliver-event"
DESTROY_KEYS: Final = "destroy-keys"
PERSONAL: Final[Mapping[str, tuple[str, ...]]] = {DELIVER_EVENT: ("event",), KEEP_PAGE: ("file",)}
"""The arguments that hold words or handles of files, by task. Each of these tasks names the `conversation` whose they are.

The other arguments, and those of other tasks, are numbers, references and codes."""

_SEALED: Final = "sealed"


def sealed(envelope: bytes) -> dict[str, str]:
    """An argument that is sealed, as JSON."""
    return {_SEALED: b64encode(envelope).decode()}


def job_place(task: str, argument: str, conversation: int) -> str:
    """What a sealed argument is bound to."""
    return place_of(f"job:{task}", argument, conversation)


async def destroy_later(on: Executor, keys: Iterable[bytes]) -> None:
    """Have a job destroy keys once the caller's transaction is committed: one cannot span both databases."""
    if doomed := [key.hex() for key in keys]:
        job = {"task": DESTROY_KEYS, "payload": {"keys": doomed}}
        await DEFER.run(on, jobs=[job])


async def job_row(job: Job, sealing: Sealing) -> dict[str, Any]:
    """`job` as the statement that defers it takes it. Raises `Forgotten` where its person was erased."""
    payload = dict(job.payload)
    for name in PERSONAL.get(job.task, ()):
        whose = payload["conversation"]
        payload[name] = sealed(await sealing.seal(whose, job_place(job.task, name, whose), payload[name]))
    return {
        "task": job.task,
        "lock": job.lock,
        "once": job.once,
        "payload": payload,
        "at": job.at and job.at.isoformat(),
    }


async def job_arguments(task: str, arguments: Mapping[str, Any], sealing: Sealing) -> dict[str, Any]:
    """The arguments of a job in clear. Raises `Forgotten` where its person was erased."""
    opened = dict(arguments)
    for name in PERSONAL.get(task, ()):
        envelope = b64decode(opened[name][_SEALED])
        opened[name] = await sealing.open(job_place(task, name, opened["conversation"]), envelope)
    return opened
