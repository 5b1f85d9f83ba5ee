"""Frozen records changed: a new one with some fields set anew."""

from __future__ import annotations

from typing import Any, TypeVar

Record = TypeVar("Record")


def changed(record: Record, **changes: object) -> Record:
    """`dataclasses.replace` for frozen, slotted records without `__post_init__`, in a third of the time.

    A turn changes a state some dozen times. Raises `TypeError` for a field that there is not.
    """
    kind: Any = type(record)
    made: Record = object.__new__(kind)
    for name in kind.__slots__:
        object.__setattr__(made, name, changes.pop(name) if name in changes else getattr(record, name))
    if changes:
        raise TypeError(f"{kind.__name__} has no field {', '.join(changes)}")
    return made
