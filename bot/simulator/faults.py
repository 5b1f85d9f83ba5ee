"""Faults the simulator makes when told to: how Telegram fails in practice, on demand and countable.

Each kind is off until set. A set fault strikes a number of times (`count`) or until it is cleared, always or with a
`probability`, and can be narrowed to methods and to persons.

| kind                | what it does                                                                        |
|---------------------|-------------------------------------------------------------------------------------|
| `too_many_requests` | answers 429 with `retry_after` seconds; nothing is carried out                      |
| `blocked`           | answers 403 "bot was blocked by the user"                                           |
| `deactivated`       | answers 403 "user is deactivated"                                                   |
| `not_modified`      | answers an edit with 400 "message is not modified"; nothing is carried out          |
| `server_error`      | answers `status` (502); nothing is carried out                                      |
| `timeout`           | carries the call out, then stays silent for `seconds`                               |
| `repeat_update`     | delivers an acknowledged update once more, under the same update id                 |
| `press_again`       | delivers one press twice, under two update ids                                      |
| `disorder`          | delivers an update after the next one of the same bot (or after `hold` seconds)     |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

from bot.simulator.errors import ControlError

Kind = Literal[
    "too_many_requests", "blocked", "deactivated", "not_modified", "server_error", "timeout",
    "repeat_update", "press_again", "disorder",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
PARAMETERS: Final[Mapping[str, Mapping[str, float]]] = {
    "too_many_requests": {"retry_after": 1}, "server_error": {"status": 502}, "timeout": {"seconds": 60},
    "disorder": {"hold": 0.5},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as set: `count` strikes are left (None: no end), each made with `probability`."""

    kind: Kind
    on: bool = False
    count: int | None = None
    probability: float = 1.0
    methods: frozenset[str] = frozenset()
    users: frozenset[int] = frozenset()
    parameters: Mapping[str, float] = field(default_factory=dict)
    struck: int = 0

    def concerns(self, method: str, user: int | None, *, in_reach: bool) -> bool:
        """Whether this fault is on and meant for this call; `in_reach` decides where no method is named."""
        meant = method.lower() in self.methods if self.methods else in_reach
        return self.on and meant and (not self.users or user in self.users)

    def struck_once(self) -> Fault:
        """The fault after one more strike; off when its count is used up."""
        left = None if self.count is None else self.count - 1
        return replace(self, count=left, on=left != 0, struck=self.struck + 1)

    def view(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {
            "on": self.on, "count": self.count, "probability": self.probability, "methods": sorted(self.methods),
            "users": sorted(self.users), "struck": self.struck, **self.parameters,
        }  # fmt: skip


class Faults:
    """The faults of one simulator; `chance` gives numbers in [0, 1)."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._faults: dict[Kind, Fault] = {}
        self.clear()

    def clear(self) -> None:
        """Switch every fault off."""
        self._faults = {kind: Fault(kind, parameters=PARAMETERS.get(kind, {})) for kind in KINDS}

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Have exactly these faults; a kind that is not named is off. Raises `ControlError` for what is not understood.

        A value is an object of settings, `true` (until cleared), a whole number (that many times), or `false`.
        """
        faults = {kind: Fault(kind, parameters=PARAMETERS.get(kind, {})) for kind in KINDS}
        for kind, settings in wanted.items():
            if kind not in faults:
                raise ControlError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
            faults[kind] = _set(faults[kind], settings)
        self._faults = faults

    def strike(self, kind: Kind, *, method: str = "", user: int | None = None, in_reach: bool = True) -> Fault | None:
        """The fault if it strikes now (which is counted), else None."""
        fault = self._faults[kind]
        if not fault.concerns(method, user, in_reach=in_reach) or self._chance() >= fault.probability:
            return None
        self._faults[kind] = fault.struck_once()
        return fault

    def view(self) -> dict[str, dict[str, Any]]:
        """Every kind with its settings, as the control API shows them."""
        return {kind: fault.view() for kind, fault in self._faults.items()}


def _set(fault: Fault, settings: object) -> Fault:
    match settings:
        case bool():
            return replace(fault, on=settings)
        case int():
            return replace(fault, on=settings > 0, count=settings)
        case Mapping():
            return _detailed(fault, settings)
        case None:
            return fault
        case _:
            raise ControlError(f"fault {fault.kind!r} is set by true, false, a count or an object")


def _detailed(fault: Fault, settings: Mapping[str, Any]) -> Fault:
    count = settings.get("count")
    own = {name: settings.get(name, value) for name, value in fault.parameters.items()}
    unknown = set(settings) - {"on", "count", "probability", "methods", "users", "struck", *own}
    if unknown:
        raise ControlError(f"fault {fault.kind!r} has no setting {', '.join(sorted(unknown))}")
    return replace(
        fault,
        on=bool(settings.get("on", True)) and count != 0,
        count=count,
        probability=float(settings.get("probability", 1.0)),
        methods=frozenset(str(method).lower() for method in settings.get("methods", ())),
        users=frozenset(settings.get("users", ())),
        parameters=own,
    )
