"""Retention on PostgreSQL: nothing younger than its class goes, nothing older stays, and what a case holds is left alone."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.applications.retention import CLASSES, KEPT, Retention, Rule
from bot.conversation.ports import UnitOfWork
from bot.core.errors import StateError
from bot.dialogs.state import State
from bot.ledger.audit import SYSTEM
from bot.storage.database import Database
from bot.storage.envelope import DataKey
from bot.storage.files import EncryptedFiles
from bot.storage.legal_holds import LegalHolds
from bot.storage.retention import AlreadyRunning, Retainer
from bot.storage.retention_classes import AGED, KEPT_TABLES
from bot.storage.rows import METADATA
from tests.integration.storage.conftest import World
from tests.integration.storage.test_keys import carry_out, tell
from tests.integration.storage.test_sealed_records import apply, quote

SECOND: Final = timedelta(seconds=1)
_numbers: Final = count(1)


def rules(**days: int) -> Retention:
    """Every class for 100 days but those that are given, from its last moment."""
    made = {name: Rule(days.get(name, 100), known.moments[-1], "a test") for name, known in CLASSES.items()}
    return Retention(made, dict.fromkeys(KEPT, "a test"))


def retainer(world: World, database: Database, folder: Path, **options: Any) -> Retainer:
    return Retainer(database, EncryptedFiles(folder, database), world.clock, **options)


def test_every_table_is_in_a_class_or_is_kept_for_a_reason() -> None:
    removed = {aged.rows.name for aged in AGED.values()} | {"customer_owner"}
    below = {
        child.name
        for child in METADATA.tables.values()
        for key in child.foreign_keys
        if key.column.table.name in {"lead", "application"}
    }
    assert set(METADATA.tables) == (removed - {"procrastinate_jobs"}) | below | set(KEPT_TABLES)
    assert set(KEPT_TABLES.values()) <= set(KEPT)
    assert list(AGED) == list(CLASSES)
    assert {name: tuple(aged.moments) for name, aged in AGED.items()} == {
        name: known.moments for name, known in CLASSES.items()
    }


# Records of each class, made as old as is wanted: the table, the column and the value that find them again

Made = tuple[str, str, Any]


async def person(world: World, database: Database) -> int:
    """Somebody new, of whom nothing is there but the conversation."""
    found = await world.known(str(uuid4()))
    await database.pool.execute("DELETE FROM inbox WHERE conversation_id = $1", found.id)
    return found.id


class Makers:
    def __init__(self, database: Database, key: DataKey) -> None:
        self.pool = database.pool
        self.key = key

    async def row(self, table: str, column: str, **values: Any) -> Made:
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        told = await self.pool.fetchval(
            f'INSERT INTO "{table}" ({names}) VALUES ({places}) RETURNING {column}',  # noqa: S608 -- of this file
            *values.values(),
        )
        return table, column, told

    def sealed(self) -> bytes:
        return self.key.seal("somewhere", b"{}")

    async def inbox(self, who: int, at: datetime) -> Made:
        return await self.row("inbox", "key", key=str(uuid4()), conversation_id=who, trace=[], at=at)

    async def messages(self, who: int, at: datetime) -> Made:
        return await self.row(
            "outbox", "id", conversation_id=who, channel="telegram", slot="s", content=self.sealed(), priority=0, edit=False,
            owner="test", created_at=at, lease_until=at, sent_at=at,
        )  # fmt: skip

    async def quotes(self, who: int, at: datetime) -> Made:
        return await self.row(
            "quote", "id", id=str(uuid4()), conversation_id=who, product="p", release=1, values=self.sealed(),
            created_at=at - timedelta(days=1000), kept_at=at,
        )  # fmt: skip

    async def results(self, who: int, at: datetime) -> Made:
        return await self.row(
            "assessment", "id", id=str(uuid4()), conversation_id=who, product="p", release=1, outcome="meets", criteria={},
            answers=self.sealed(), created_at=at,
        )  # fmt: skip

    async def files(self, who: int, at: datetime) -> Made:
        return await self.row(
            "document_page", "id", id=str(uuid4()), conversation_id=who, application="a", document="lease", position=1,
            kind="photo", handle=self.sealed(), media_type="image/jpeg", size=1, digest="d", scanned=False, received_at=at,
        )  # fmt: skip

    async def drafts(self, who: int, at: datetime, reference: str | None = None) -> Made:
        return await self.row(
            "application", "id", id=str(uuid4()), conversation_id=who, product="p", amount=1, currency="CNY", months=1,
            method="bullet", segment="farmer", answers=self.sealed(), consents=[], release=1, created_at=at,
            progress=self.sealed(), reference=reference,
        )  # fmt: skip

    async def standing(self, who: int, at: datetime, stage: str) -> Made:
        made = await self.drafts(who, at - timedelta(days=9), str(uuid4()))
        await self.row(
            "stage_passage", "application", application=made[2], position=0, product="p", stage="submitted",
            entered_at=at - timedelta(days=9), left_at=at,
        )  # fmt: skip
        await self.row(
            "stage_passage", "application", application=made[2], position=1, product="p", stage=stage, entered_at=at
        )
        return made

    async def declined(self, who: int, at: datetime) -> Made:
        return await self.standing(who, at, "declined")

    async def ended(self, who: int, at: datetime) -> Made:
        return await self.standing(who, at, ("settled", "withdrawn", "expired")[next(_numbers) % 3])

    async def screenings(self, who: int, at: datetime) -> Made:
        _, _, application = await self.standing(who, at, "repaying")
        return await self.row(
            "screening", "number", application=application, conversation_id=who, release=1, version=1, outcome="clear",
            content=self.sealed(), at=at,
        )  # fmt: skip

    async def hashes(self, who: int, at: datetime) -> Made:
        return await self.row(
            "fingerprint", "digest", conversation_id=who, kind="number", digest=str(uuid4()), application="a", at=at
        )

    async def early_events(self, who: int, at: datetime) -> Made:
        return await self.row(
            "lender_event", "number", source="s", id=str(uuid4()), reference=str(uuid4()), type="t", time=at, sequence=1,
            payload=self.sealed(), received_at=at, understood=True,
        )  # fmt: skip

    async def leads(self, who: int, at: datetime) -> Made:
        made = await self.row(
            "lead", "id", conversation_id=who, reason="asked", status="returned", facts=self.sealed(),
            created_at=at - timedelta(days=9), closed_at=at,
        )  # fmt: skip
        *_, manager = await self.row(
            "account_manager", "id", name="Lin Yue", role="r", hours="h", language="en", on_duty=False, profile={}
        )
        await self.row("lead_offer", "lead_id", lead_id=made[2], manager_id=manager)
        await self.row(
            "lead_assignment", "id", lead_id=made[2], manager_id=manager, rung="catch_all", reason="r", offered_at=at,
            outcome="returned",
        )  # fmt: skip
        return made

    async def appointments(self, who: int, at: datetime) -> Made:
        return await self.row(
            "appointment", "id", uid=str(uuid4()), kind="call_back", conversation_id=who, resource=str(uuid4()), seat=0,
            begins_at=at - timedelta(hours=1), ends_at=at, language="zh", sequence=0, state="booked", created_at=at,
        )  # fmt: skip

    async def field_leads(self, who: int, at: datetime, state: str = "expired") -> Made:
        *_, agent = await self.row("field_agent", "id", name="Li Ming", channel="field", created_at=at)
        return await self.row(
            "field_lead", "id", code=str(uuid4()), agent_id=agent, place="p", entry=self.sealed(), created_at=at, expires_at=at,
            state=state, conversation_id=who,
        )  # fmt: skip

    async def agreed_field_leads(self, who: int, at: datetime) -> Made:
        return await self.field_leads(who, at, "agreed")

    async def jobs(self, who: int, at: datetime) -> Made:
        *_, number = await self.pool.fetchrow(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
            " VALUES ('default', 'deliver-event', jsonb_build_object('conversation', $1::bigint), 'failed') RETURNING id", who,
        )  # fmt: skip
        await self.pool.execute("DELETE FROM procrastinate_events WHERE job_id = $1", number)
        await self.pool.execute(
            "INSERT INTO procrastinate_events (job_id, type, at) VALUES ($1, 'failed', $2)", number, at
        )
        return "procrastinate_jobs", "id", number

    async def given_up_calls(self, who: int, at: datetime) -> Made:
        return await self.row(
            "dead_letter", "number", receiver="lender", call="submit", subject=str(uuid4()), conversation_id=who, task="t",
            payload={}, error="e", attempts=8, at=at, settled_at=at,
        )  # fmt: skip

    async def failures(self, who: int, at: datetime) -> Made:
        return await self.row("failure", "id", at=at, where="turn", error="e", conversation_id=who, details={})

    async def steps(self, who: int, at: datetime) -> Made:
        return await self.row("milestone", "id", conversation_id=who, name="quoted", values={}, at=at)

    async def sign_ins(self, who: int, at: datetime) -> Made:
        return await self.row("console_access", "hash", hash=str(uuid4()), kind="link", role="r", expires_at=at)

    async def people(self, who: int, at: datetime) -> Made:
        """Who is gone has no key any more; `forms` has emptied what is remembered before."""
        *_, key = await self.pool.fetchrow(
            "UPDATE conversation SET updated_at = $2, cleared_at = $2 WHERE id = $1 RETURNING key", who, at
        )
        return "conversation", "key", key

    async def forms(self, who: int, at: datetime) -> Made:
        """Whose answers are emptied is noted; something else is left, so that the person is."""
        await self.pool.execute("UPDATE conversation SET updated_at = $2 WHERE id = $1", who, at)
        await self.steps(who, at + timedelta(days=3000))
        await self.results(who, at + timedelta(days=3000))
        return "conversation", "coalesce(cleared_at::text, id::text)", str(who)


MAKERS: Final[Mapping[str, Callable[[Makers, int, datetime], Awaitable[Made]]]] = {
    name: getattr(Makers, name) for name in CLASSES
}
ABOUT_NOBODY: Final = {"early_events", "sign_ins"}


async def is_there(database: Database, made: Made) -> bool:
    table, column, value = made
    there: bool = await database.pool.fetchval(
        f'SELECT EXISTS (SELECT FROM "{table}" WHERE {column} = $1)',  # noqa: S608 -- of this file
        value,
    )
    return there


AGES: Final = st.one_of(
    st.just(timedelta(0)), st.just(SECOND), st.just(-SECOND), st.timedeltas(-timedelta(days=99), timedelta(days=2000))
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    days=st.fixed_dictionaries({name: st.integers(100, 1500) for name in CLASSES}),
    kept=st.lists(st.tuples(st.sampled_from(list(CLASSES)), AGES, st.booleans()), min_size=20, max_size=60),
)
async def test_nothing_younger_than_its_class_goes_and_nothing_older_stays(
    on_postgres: World,
    database: Database,
    tmp_path: Path,
    days: dict[str, int],
    kept: list[tuple[str, timedelta, bool]],
) -> None:
    now = on_postgres.clock.now()
    made = []
    for name, beyond, held in kept:
        who = await person(on_postgres, database)
        makers = Makers(database, await database.keys.make())
        moment = now - timedelta(days=days[name]) - beyond
        if held:
            await LegalHolds(database).place(who, "CASE-1", "test", now)
        stays = moment >= now - timedelta(days=days[name]) or (held and name not in ABOUT_NOBODY)
        made.append((name, await MAKERS[name](makers, who, moment), stays))
    report = await retainer(on_postgres, database, tmp_path, batch=7).run(rules(**days), 1, SYSTEM)
    for name, record, stays in made:
        assert await is_there(database, record) == stays, name
    assert not any(line.late for line in report.lines.values())


async def test_somebody_of_whom_nothing_is_left_is_forgotten_with_the_key_and_greeted_as_new(
    on_postgres: World, database: Database, tmp_path: Path
) -> None:
    await tell(on_postgres, "42", "13912345678")
    stays = await tell(on_postgres, "43", "留下的话")
    before = await on_postgres.look("42")
    key = await database.pool.fetchval("SELECT key FROM conversation WHERE id = $1", before.id)
    on_postgres.clock.advance(timedelta(days=101))
    async with on_postgres.storage.work() as work:
        await work.quotes.add(quote(on_postgres, stays.id, "q1"))
        await work.commit(stays, on_postgres.said(), ())
    await retainer(on_postgres, database, tmp_path).run(rules(), 1, SYSTEM)
    await carry_out(on_postgres, database)
    assert await database.keys.get(key) is None
    assert await on_postgres.read(lambda work: work.look(before.id)) is None
    again = await on_postgres.look("42")
    assert (again.id, again.state) == (before.id, State())
    assert (await on_postgres.look("43")).state == stays.state


async def test_answers_of_who_is_silent_are_emptied_and_language_and_old_buttons_stay_so(
    on_postgres: World, database: Database, tmp_path: Path
) -> None:
    state = State(turn=7, instances=3, known={"locale": "en", "phone": "13912345678"})
    await on_postgres.turn("one", "42", state=state)
    on_postgres.clock.advance(timedelta(days=150))
    wanted = rules(people=200)
    assert (await retainer(on_postgres, database, tmp_path).due(wanted))["forms"].late == 1
    await retainer(on_postgres, database, tmp_path).run(wanted, 1, SYSTEM)
    assert (await on_postgres.look("42")).state == State(turn=7, instances=3, known={"locale": "en"})
    assert (await retainer(on_postgres, database, tmp_path).run(wanted, 1, SYSTEM)).lines["forms"].removed == 0
    await on_postgres.turn("two", "42", state=state)
    on_postgres.clock.advance(timedelta(days=150))
    assert (await retainer(on_postgres, database, tmp_path).run(wanted, 1, SYSTEM)).lines["forms"].removed == 1


async def test_an_application_that_ended_goes_with_all_that_belongs_to_it_and_its_key_and_usual_times_stay(
    on_postgres: World, database: Database, tmp_path: Path
) -> None:
    conversation = await apply(on_postgres)
    await Makers(database, await database.keys.make()).row(
        "stage_passage", "application", application="a1", position=99, product="p", stage="settled",
        entered_at=on_postgres.clock.now(),
    )  # fmt: skip
    await database.pool.execute("UPDATE stage_passage SET left_at = now() WHERE position < 99")
    sealed = await database.pool.fetchval("SELECT answers FROM application WHERE id = 'a1'")
    on_postgres.clock.advance(timedelta(days=101))
    report = await retainer(on_postgres, database, tmp_path).run(
        rules(**dict.fromkeys(CLASSES, 1000) | {"ended": 100}), 1, SYSTEM
    )
    assert {name: line.removed for name, line in report.lines.items() if line.removed} == {"ended": 1}
    await carry_out(on_postgres, database)
    assert await database.keys.get(sealed[1:17]) is None

    async def left(work: UnitOfWork) -> Any:
        return (
            [one.id for one in await work.applications.of_conversation(conversation.id)],
            [one.id for one in await work.quotes.of_conversation(conversation.id)],
            [one.application for one in await work.screenings.of_conversation(conversation.id)],
            await work.pages.of_conversation(conversation.id),
            await work.lender_events.unapplied("RG-1"),
            len(await work.lender_events.unapplied("RG-9")),
        )

    assert await on_postgres.read(left) == (["a2"], ["q2", "q3"], ["a2"], (), (), 1)
    assert await database.pool.fetchval("SELECT count(*) FROM stage_passage WHERE application = 'a1'") > 0
    files = await database.pool.fetchval("SELECT args::json FROM procrastinate_jobs WHERE task_name = 'remove-files'")
    assert files == {"names": ["p1"]}


async def test_what_a_case_holds_is_reported_and_goes_once_it_is_lifted(
    on_postgres: World, database: Database, tmp_path: Path
) -> None:
    now = on_postgres.clock.now()
    who, holds = await person(on_postgres, database), LegalHolds(database)
    made = await Makers(database, await database.keys.make()).quotes(who, now - timedelta(days=101))
    with pytest.raises(StateError, match="no words"):
        await holds.place(who, "她说我们骗了她", "test", now)
    assert await holds.place(who, "CLAIM-1", "test", now)
    assert not await holds.place(who, "CLAIM-1", "test", now)
    assert [(hold.customer, hold.case) for hold in await holds.open()] == [(who, "CLAIM-1")]
    line = (await retainer(on_postgres, database, tmp_path).run(rules(), 1, SYSTEM)).lines["quotes"]
    assert (line.removed, line.held, line.late) == (0, 1, 0)
    assert await holds.lift(who, "CLAIM-1", "test", now)
    assert not await holds.lift(who, "CLAIM-1", "test", now)
    await retainer(on_postgres, database, tmp_path).run(rules(), 1, SYSTEM)
    assert not await is_there(database, made)
    acts = await database.pool.fetch("SELECT name FROM audit WHERE name LIKE 'retention.%' ORDER BY sequence")
    assert [act["name"] for act in acts] == ["retention.held", "retention.lifted", "retention.run"]


async def test_it_goes_on_in_batches_that_are_audited_and_the_report_is_kept(
    on_postgres: World, database: Database, tmp_path: Path
) -> None:
    now = on_postgres.clock.now()
    makers = Makers(database, await database.keys.make())
    for _ in range(5):
        await makers.steps(await person(on_postgres, database), now - timedelta(days=101))
    there = retainer(on_postgres, database, tmp_path, batch=2)
    report = await there.run(rules(), 3, "operator:anna")
    assert (report.lines["steps"].removed, report.release, report.actor) == (5, 3, "operator:anna")
    assert await there.last(5) == (report,)
    acts = await database.pool.fetch("SELECT actor, details FROM audit WHERE name = 'retention.run' ORDER BY sequence")
    assert [(act["actor"], act["details"]["removed"]) for act in acts] == [("operator:anna", n) for n in (2, 2, 1)]


async def test_two_runs_at_once_are_one(on_postgres: World, database: Database, tmp_path: Path) -> None:
    there = retainer(on_postgres, database, tmp_path)
    async with there._alone():
        with pytest.raises(AlreadyRunning):
            await there.run(rules(), 1, SYSTEM)
    assert (await there.run(rules(), 1, SYSTEM)).lines


async def test_files_that_no_page_names_go_after_a_day(on_postgres: World, database: Database, tmp_path: Path) -> None:
    who, name = await person(on_postgres, database), str(uuid4())
    files = EncryptedFiles(tmp_path, database)
    await files.write(name, who, b"lease")
    os.utime(tmp_path / name[:2] / name, (0, 0))
    assert (await retainer(on_postgres, database, tmp_path).run(rules(), 1, SYSTEM)).lines["files"].removed == 1
    assert await files.names_before(on_postgres.clock.now() + timedelta(days=9999)) == ()
