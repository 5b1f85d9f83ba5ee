"""Field agents: people who bring customers where these are, by a QR code for each place. Pure, but for the port that keeps them.

The code is the link `https://t.me/<bot>?start=agent-<code>`. The code means nothing to whoever reads it, and cannot be guessed: who
the agent is, the channel and the place are looked up by it. So a code can be made invalid, a place be renamed, and a poster says
nothing about anybody.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bot.core.values import Values

PREFIX: Final = "agent-"
"""What the payload of an agent's link begins with; the code follows."""

INVITATION: Final = "field-"
"""What the payload of an agent's own invitation begins with; its code follows."""

CHANNEL: Final = re.compile(r"[a-z0-9_]{1,32}")
_CODE: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class FieldAgent:
    """Somebody who brings customers; `channel` is how figures call the way they come by.

    `conversation` is the agent's own chat once the invitation, of whose code `invitation` is the hash, was used.
    """

    id: int
    name: str
    channel: str
    created_at: datetime
    conversation: int | None = None
    invitation: str | None = None


@dataclass(frozen=True, slots=True)
class AgentLink:
    """An agent's code for one place."""

    code: str
    agent: FieldAgent
    place: str

    def values(self) -> Values:
        """As the milestone of an arrival keeps it: the agent by number, since a name is not for figures."""
        return {"channel": self.agent.channel, "detail": self.place, "agent": self.agent.id}

    def told(self) -> str:
        """What a manager reads of it."""
        return f"{self.agent.name} · {self.place}"


class FieldAgents(Protocol):
    """Keeps field agents and their codes."""

    async def by_code(self, code: str) -> AgentLink | None:
        """The agent and place that a code stands for, unless it was taken back."""
        ...

    async def by_invitation(self, invitation: str) -> FieldAgent | None:
        """The agent of an unused invitation, by the hash of its code."""
        ...

    async def by_conversation(self, conversation: int) -> FieldAgent | None:
        """The agent whose chat it is."""
        ...

    async def joined(self, agent: int, conversation: int) -> None:
        """The agent has come by the invitation, which is used up."""
        ...

    async def links_of(self, agent: int) -> tuple[AgentLink, ...]:
        """The agent's codes, by place."""
        ...


def new_code() -> str:
    """A code nobody can guess: 16 hexadecimal digits, so that it fits a link in any case of letters."""
    return secrets.token_hex(8)


def payload(code: str) -> str:
    """The payload of the link."""
    return f"{PREFIX}{code}"


def code_in(link_payload: str) -> str | None:
    """The code that a link's payload carries, or None where it is no agent's."""
    lowered = link_payload.lower()
    code = lowered.removeprefix(PREFIX)
    return code if lowered.startswith(PREFIX) and _CODE.fullmatch(code) else None
