from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy.ext.asyncio import create_async_engine

from bot import resources
from bot.core.errors import SettingsError
from bot.storage.migrations import at_head, migrate, ours
from bot.storage.rows import APPEND_ONLY, METADATA
from bot.storage.urls import engine_url

CATALOGUE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT '', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "types": """
        SELECT '', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('c', 'e')
    """,
}


async def catalogue(url: str, *, only_ours: bool = False) -> dict[str, set[tuple[Any, ...]]]:
    """What a database consists of, apart from Alembic's own table."""
    engine = create_async_engine(engine_url(url))
    async with engine.connect() as connection:
        found = {
            kind: {tuple(row) for row in await connection.execute(sa.text(sql))} for kind, sql in CATALOGUE.items()
        }
    await engine.dispose()
    foreign = ("alembic_version", "procrastinate_") if only_ours else ("alembic_version",)
    return {kind: {row for row in rows if not is_of(row, foreign)} for kind, rows in found.items()}


def is_of(row: tuple[Any, ...], prefixes: tuple[str, ...]) -> bool:
    """Whether a row of the catalogue is about something whose name starts so; tables come first, then names."""
    return str(row[0]).startswith(prefixes) or str(row[1]).startswith(prefixes)


async def test_an_upgrade_makes_what_the_rows_say(empty_database_url: str, database_url: str) -> None:
    engine = create_async_engine(engine_url(empty_database_url))
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await engine.dispose()
    declared = await catalogue(empty_database_url, only_ours=True)
    migrated = await catalogue(database_url, only_ours=True)
    for kind in ("columns", "constraints", "indexes"):
        assert migrated[kind] == declared[kind]


async def test_nothing_is_left_for_a_new_migration(database_url: str) -> None:
    engine = create_async_engine(engine_url(database_url))
    options = {"include_object": ours, "compare_type": True, "compare_server_default": True}

    def compare(connection: sa.Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))

    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


async def test_the_way_down_leaves_nothing_and_the_way_up_again_makes_the_same(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    first = await catalogue(empty_database_url)
    await migrate(empty_database_url, "base")
    assert all(not rows for rows in (await catalogue(empty_database_url)).values())
    await migrate(empty_database_url)
    assert await catalogue(empty_database_url) == first
    assert {f"{table}_append_only" for table in APPEND_ONLY} <= {name for _, name in first["triggers"]}


async def test_a_database_tells_whether_it_is_up_to_date(empty_database_url: str) -> None:
    assert not await at_head(empty_database_url)
    await migrate(empty_database_url)
    assert await at_head(empty_database_url)


async def test_processes_that_start_at_once_migrate_one_after_the_other(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    assert await at_head(empty_database_url)


async def test_migrating_a_database_that_is_up_to_date_changes_nothing(database_url: str) -> None:
    before = await catalogue(database_url)
    await migrate(database_url)
    assert await catalogue(database_url) == before


async def test_a_database_that_cannot_be_reached_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="BOT_DATABASE_URL"):
        await migrate("postgresql://user:hunter2@127.0.0.1:1/none")


async def test_a_database_that_does_not_exist_is_a_wrong_setting(postgres: str) -> None:
    with pytest.raises(SettingsError, match="BOT_DATABASE_URL"):
        await migrate(postgres.replace("/tillwise?", "/nowhere?"))


def test_procrastinate_s_schema_is_the_one_that_the_migrations_know() -> None:
    """When this fails, the library has changed its schema: add a migration with what it ships under `sql/migrations`."""
    assert hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest() == (
        "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"
    )


def test_the_folder_of_migrations_is_no_package_that_hides_the_library() -> None:
    assert not list(resources.migrations().glob("**/__init__.py"))
