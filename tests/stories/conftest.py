"""A database for the real bot: the whole module's, since the bot that runs on it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest


@pytest.fixture(scope="module")
def new_database(postgres: str, worker_id: str) -> Iterator[Callable[[str], str]]:
    """Makes migrated databases that no other test empties; the URL of each by its name."""
    made: list[str] = []
    with psycopg.connect(postgres, autocommit=True) as connection:

        def make(name: str) -> str:
            made.append(f"stories_{name}_{worker_id}")
            connection.execute(f"CREATE DATABASE {made[-1]} TEMPLATE migrated")
            return postgres.replace("/tillwise?", f"/{made[-1]}?")

        yield make
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
