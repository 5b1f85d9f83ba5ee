"""The world of the simulator: persons, bots, their chats, messages and files. In memory; one object; no globals.

All chats are private: a person and a bot. A chat begins when the person first writes; until then the bot cannot find
it. Message ids grow over all chats of a bot, as they do for a bot's account at Telegram.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from telegram import Chat as TypedChat
from telegram import Contact, InlineKeyboardMarkup, Location, MessageEntity, MessageOriginUser, TelegramObject, User
from telegram import Message as TypedMessage

from bot.core.clock import Clock
from bot.simulator.errors import ApiError, ControlError
from bot.simulator.events import EventType, Journal
from bot.simulator.faults import Faults
from bot.simulator.files import FileStore, Media
from bot.simulator.limits import FloodControl, Limits
from bot.simulator.markup import to_html
from bot.simulator.rich import rich_html
from bot.simulator.signals import Signal
from bot.simulator.updates import UpdateQueue

REMEMBERED_QUERIES: Final = 10_000
FIRST_PERSON_ID: Final = 700_000_001
TOKEN: Final = re.compile(r"([1-9]\d{0,15}):[A-Za-z0-9_-]{1,64}$")
Role = Literal["customer", "manager", "supervisor", "agent"]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with a phone; `phone` is in international form."""

    id: int
    first_name: str
    last_name: str | None
    username: str | None
    language_code: str
    phone: str
    role: Role
    user: User = field(init=False)
    chat: TypedChat = field(init=False)

    def __post_init__(self) -> None:
        names: dict[str, Any] = {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}
        self.user = User(id=self.id, is_bot=False, language_code=self.language_code, **names)
        self.chat = TypedChat(id=self.id, type="private", **names)


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says; `text` is the caption where there is a file, `rich` the blocks of a rich message."""

    text: str | None = None
    entities: tuple[MessageEntity, ...] = ()
    media: Media | None = None
    contact: Contact | None = None
    location: Location | None = None
    service: TelegramObject | None = None
    service_field: str = ""
    rich: tuple[Mapping[str, Any], ...] = ()

    def same(self, other: Content) -> bool:
        """Whether an edit to `other` would change nothing."""
        return (
            self.text == other.text
            and self.media == other.media
            and self.rich == other.rich
            and [entity.to_dict() for entity in self.entities] == [entity.to_dict() for entity in other.entities]
        )

    def html(self) -> str:
        """The text for a page; tables are not in it."""
        return rich_html(self.rich) if self.rich else to_html(self.text or "", self.entities)

    def typed(self) -> dict[str, Any]:
        """The fields of a message that carry this."""
        fields: dict[str, Any] = {"contact": self.contact, "location": self.location}
        if self.service is not None:
            fields[self.service_field] = self.service
        if self.rich:
            return fields | {"api_kwargs": {"rich_message": {"blocks": list(self.rich)}}}
        if self.media is None:
            return fields | {"text": self.text, "entities": self.entities}
        return fields | self.media.typed() | {"caption": self.text, "caption_entities": self.entities}


@dataclass(slots=True, eq=False)
class Post:
    """A message as the server keeps it: its present content, and what it was before."""

    id: int
    chat: Chat
    by_bot: bool
    date: datetime
    content: Content
    markup: InlineKeyboardMarkup | None = None
    thread: int | None = None
    reply_to: Post | None = None
    origin: MessageOriginUser | None = None
    seq: int = 0
    edit_date: datetime | None = None
    rewritten: datetime | None = None
    history: list[str] = field(default_factory=list)
    former_data: set[str] = field(default_factory=set)
    deleted: bool = False
    pinned: bool = False
    reactions: tuple[str, ...] = ()

    def callback_data(self) -> dict[str, str]:
        """The data of its present buttons by label."""
        rows = self.markup.inline_keyboard if self.markup is not None else ()
        buttons = itertools.chain.from_iterable(rows)
        return {button.text: str(button.callback_data) for button in buttons if button.callback_data is not None}

    def typed(self, *, with_reply: bool = True) -> TypedMessage:
        """The message as updates and results carry it."""
        reply = self.reply_to if with_reply else None
        return TypedMessage(
            message_id=self.id,
            date=self.date,
            chat=self.chat.person.chat,
            from_user=self.chat.bot.user if self.by_bot else self.chat.person.user,
            reply_to_message=reply.typed(with_reply=False) if reply is not None and not reply.deleted else None,
            edit_date=self.edit_date,
            reply_markup=self.markup,
            message_thread_id=self.thread,
            is_topic_message=True if self.thread is not None else None,
            forward_origin=self.origin,
            **self.content.typed(),
        )


@dataclass(slots=True)
class Topic:
    """A thread of a private chat; its id is that of the service message which opened it."""

    id: int
    name: str
    icon_color: int
    icon_custom_emoji_id: str | None = None
    closed: bool = False


@dataclass(slots=True)
class Query:
    """A press that the bot is to answer."""

    id: str
    chat: Chat
    data: str
    at: datetime


@dataclass(slots=True, eq=False)
class Chat:
    """A person's private chat with a bot."""

    bot: Bot
    person: Person
    posts: dict[int, Post] = field(default_factory=dict)
    keyboard: dict[str, Any] | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    started: bool = False
    blocked: bool = False
    seq: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    changed: Signal = field(default_factory=Signal)

    def post(self, message_id: int | None) -> Post | None:
        """The message with this id, unless it was deleted."""
        found = self.posts.get(message_id) if message_id is not None else None
        return found if found is not None and not found.deleted else None


@dataclass(slots=True)
class Webhook:
    """Where a bot wants its updates sent."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error_date: datetime | None = None
    last_error_message: str | None = None


@dataclass(slots=True, eq=False)
class Bot:
    """A bot: its account as getMe tells it (`user` is what messages tell), what its profile says, and its updates."""

    id: int
    token: str
    account: User
    updates: UpdateQueue
    chats: dict[int, Chat] = field(default_factory=dict)
    profile: dict[tuple[str, ...], Any] = field(default_factory=dict)
    webhook: Webhook | None = None
    flood: FloodControl = field(default_factory=FloodControl)
    queries: dict[str, Query] = field(default_factory=dict)
    polls: int = 0
    message_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    user: User = field(init=False)

    def __post_init__(self) -> None:
        account = self.account
        self.user = User(account.id, account.first_name, is_bot=True, username=account.username)

    @property
    def username(self) -> str:
        """Without the at sign."""
        return self.account.username or ""


@dataclass(frozen=True, slots=True)
class BotAccounts:
    """Which bots there are: `tokens` None lets every well-formed token in; usernames by bot id, or the default.

    `topics`: their private chats may have topics, as where a bot's owner has switched that on.
    """

    username: str = "tillwise_bot"
    name: str = "Tillwise"
    tokens: frozenset[str] | None = None
    usernames: Mapping[int, str] = field(default_factory=dict)
    topics: bool = False


class World:
    """Everything that one simulator knows. Belongs to one event loop."""

    def __init__(self, clock: Clock, chance: Callable[[], float], accounts: BotAccounts, limits: Limits) -> None:
        self.clock = clock
        self.accounts = accounts
        self.limits = limits
        self.faults = Faults(chance)
        self.files = FileStore()
        self.journal = Journal()
        self.people: dict[int, Person] = {}
        self.bots: dict[int, Bot] = {}
        self.closed = False
        self.on_webhook: Callable[[Bot], None] = lambda _: None
        self._query_ids = itertools.count(1)

    def add_person(self, names: Mapping[str, str | None], language: str, phone: str | None, role: Role) -> Person:
        """Let somebody join; `names` has first_name and perhaps last_name and username."""
        number = FIRST_PERSON_ID + len(self.people)
        username = names.get("username")
        if username is not None and any(one.username == username for one in self.people.values()):
            raise ControlError("this username is taken", 409)
        person = Person(
            number, names["first_name"] or "", names.get("last_name"), username, language,
            phone or f"+86138{number % 100_000_000:08d}", role,
        )  # fmt: skip
        self.people[number] = person
        self.journal.record("user", number, person)
        return person

    def person(self, number: int) -> Person:
        """The person with this id; raises `ControlError` when there is none."""
        try:
            return self.people[number]
        except KeyError:
            raise ControlError("there is no such user", 404) from None

    def bot_of_token(self, token: str) -> Bot:
        """The bot of a token, which comes into being at its first use; raises 401 for a token nobody gave out."""
        match = TOKEN.match(token)
        if match is None:
            raise ApiError(401, "Unauthorized: invalid token specified")
        number = int(match.group(1))
        bot = self.bots.get(number) or self._new_bot(number, token)
        if bot.token != token:
            raise ApiError(401, "Unauthorized")
        return bot

    def _new_bot(self, number: int, token: str) -> Bot:
        if self.accounts.tokens is not None and token not in self.accounts.tokens:
            raise ApiError(401, "Unauthorized")
        account = User(
            number, self.accounts.name, is_bot=True, username=self._free_username(number), can_join_groups=True,
            can_read_all_group_messages=False, supports_inline_queries=False, can_connect_to_business=False,
            has_main_web_app=False, has_topics_enabled=self.accounts.topics, allows_users_to_create_topics=False,
        )  # fmt: skip
        bot = self.bots[number] = Bot(number, token, account, UpdateQueue(self.faults))
        self.journal.record("bot", None, bot)
        return bot

    def _free_username(self, number: int) -> str:
        wanted = self.accounts.usernames.get(number, self.accounts.username)
        taken = {bot.username for bot in self.bots.values()}
        return wanted if wanted not in taken else f"tillwise_{number}_bot"

    def main_bot(self, number: int | None = None) -> Bot:
        """The bot with this id, or the first that came; raises `ControlError` while there is none."""
        bot = next(iter(self.bots.values()), None) if number is None else self.bots.get(number)
        if bot is None:
            raise ControlError("no bot is connected yet", 409)
        return bot

    def chat(self, bot: Bot, person: Person) -> Chat:
        """The person's chat with the bot, which comes into being when it is first looked at from the person's side."""
        return bot.chats.setdefault(person.id, Chat(bot, person))

    def add_post(self, chat: Chat, *, by_bot: bool, content: Content, **more: Any) -> Post:
        """Put a message into a chat and tell the pages; they are not shown service messages."""
        post = Post(next(chat.bot.message_ids), chat, by_bot, self.clock.now(), content, **more)
        chat.posts[post.id] = post
        if content.service is None:
            self.record("message", chat, post)
        return post

    def record(self, kind: EventType, chat: Chat, post: Post | None = None, **details: Any) -> int:
        """Number a change of a chat and wake those who watch it; typing is told but is no change of the chat."""
        seq = self.journal.record(kind, chat.person.id, post, bot=chat.bot.id, **details)
        if post is not None:
            post.seq = seq
        if kind != "typing":
            chat.seq = seq
            chat.changed.notify()
        return seq

    def set_keyboard(self, chat: Chat, keyboard: dict[str, Any] | None) -> None:
        """Show another reply keyboard, or none."""
        if chat.keyboard != keyboard:
            chat.keyboard = keyboard
            self.record("keyboard", chat, keyboard=keyboard)

    def new_query(self, chat: Chat, data: str) -> Query:
        """Note a press, so that it can be answered; the oldest are forgotten."""
        if len(chat.bot.queries) >= REMEMBERED_QUERIES:
            del chat.bot.queries[next(iter(chat.bot.queries))]
        number = f"{chat.person.id}{next(self._query_ids):08d}"
        query = chat.bot.queries[number] = Query(number, chat, data, self.clock.now())
        return query

    def all_chats(self) -> Iterable[Chat]:
        """Every chat of every bot."""
        return itertools.chain.from_iterable(bot.chats.values() for bot in self.bots.values())

    def close(self) -> None:
        """End every wait, so that open requests finish."""
        self.closed = True
        self.journal.close()
        for bot in self.bots.values():
            bot.updates.close()
        for chat in self.all_chats():
            chat.changed.notify()
