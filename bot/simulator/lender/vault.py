"""Where the lender's records outlive its process: one JSON file, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from bot.simulator.lender.records import Record

FIRST_NUMBER = 4217


@dataclass(slots=True)
class Books:
    """All records by reference, the reference that each idempotency key was given, and the last number used."""

    records: dict[str, Record] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    number: int = FIRST_NUMBER - 1


_BOOKS = TypeAdapter(Books)


class Vault:
    """Keeps the books in `path`, or nowhere when there is none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def open(self) -> Books:
        """The books as they were last kept; new ones where there are none."""
        if self._path is None or not self._path.exists():
            return Books()
        return _BOOKS.validate_json(self._path.read_bytes())

    def keep(self, books: Books) -> None:
        """Replace what was kept; a crash leaves either the old or the new books."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_bytes(_BOOKS.dump_json(books))
        draft.replace(self._path)
