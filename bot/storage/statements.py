"""The turn's statements. On a known conversation a turn is `BEGIN`, `lock`, `KEEP`, `COMMIT`: four round trips."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.storage.rows import ConversationRow, InboxRow, OutboxRow, table
from bot.storage.sql import Statement, compiled, given, given_all, insertion

_conversation: Final = table(ConversationRow)
_inbox: Final = table(InboxRow)
_outbox: Final = table(OutboxRow)

_NAMES: Final = ("id", "channel", "address_hash", "address", "key", "role", "state", "reachable")
_COLUMNS: Final = [_conversation.c[name] for name in _NAMES]
INBOX_KEY: Final = "inbox_pkey"


def _lock(*conditions: sa.ColumnElement[bool]) -> Statement:
    """Lock, then load; `taken` tells whether the event's key was committed before this statement began.

    `NO KEY`, so that rows of other conversations may refer to this one meanwhile: two turns that write to each other
    would otherwise wait for each other for good.
    """
    taken = sa.exists().where(_inbox.c.key == given(_inbox.c.key)).label("taken")
    found = sa.select(*_COLUMNS, taken).where(*conditions)
    return compiled(found.with_for_update(key_share=True, of=_conversation))


def _keep() -> Statement:
    """The inbox row, the conversation's new state and the outgoing messages in one statement; yields their ids."""
    taken = insertion(_inbox).cte("taken")
    kept = (
        sa.update(_conversation)
        .where(_conversation.c.id == given(_inbox.c.conversation_id))
        .values({**given_all(_conversation, "state", "role", "reachable"), "updated_at": given(_inbox.c.at)})
        .cte("kept")
    )
    posted = _post().returning(_outbox.c.id).cte("posted")
    return compiled(sa.select(posted.c.id).order_by(posted.c.id).add_cte(taken, kept))


def _post() -> sa.Insert:
    """Messages come as one JSON array: its objects have the named columns and their `position`."""
    names = ("conversation_id", "channel", "subject", "slot", "content", "priority", "edit")
    shapes = [sa.column(name, _outbox.c[name].type) for name in names]
    messages = (
        sa.func.json_to_recordset(sa.bindparam("messages", type_=sa.JSON))
        .table_valued(sa.column("position", sa.Integer), *shapes, name="message")
        .render_derived(with_types=True)
    )
    shared = given_all(_outbox, "owner", "created_at", "lease_until")
    chosen = sa.select(*(messages.c[name] for name in names), *shared.values()).order_by(messages.c.position)
    return sa.insert(_outbox).from_select([*names, *shared], chosen)


LOCK: Final = _lock(
    _conversation.c.channel == given(_conversation.c.channel),
    _conversation.c.address_hash == given(_conversation.c.address_hash),
)
LOCK_KNOWN: Final = _lock(_conversation.c.id == given(_conversation.c.id))
KEEP: Final = _keep()
LOOK: Final = compiled(sa.select(*_COLUMNS).where(_conversation.c.id == given(_conversation.c.id)))
RENEW: Final = compiled(
    sa.update(_conversation)
    .where(_conversation.c.id == given(_conversation.c.id))
    .values(given_all(_conversation, "key", "address", "state"))
)

CREATE: Final = compiled(insertion(_conversation, "cleared_at").on_conflict_do_nothing().returning(_conversation.c.id))

# Written straight into procrastinate's table, and not by its function, for the conflict clause: a job that only one
# waiting job may be (`queueing_lock`) must not fail the turn that asks for it again. Its triggers do the rest.
DEFER: Final = Statement(
    """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
    SELECT 'default', job.task, job.lock, job.once, job.payload, job.at
    FROM json_to_recordset($1::json)
      AS job (task text, lock text, once text, payload jsonb, at timestamptz)
    ON CONFLICT DO NOTHING
    """,
    ("jobs",),
)
