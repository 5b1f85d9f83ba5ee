"""Forum topics in private chats (https://core.telegram.org/bots/api#createforumtopic).

A topic's id is the id of the service message that opened it. In private chats topics can be created, edited and
deleted; closing and reopening is for supergroups, and is refused here as the public server refuses it.
"""

from __future__ import annotations

from typing import Any, Final

from telegram import ForumTopic, ForumTopicCreated, ForumTopicEdited

from bot.simulator.errors import bad_request
from bot.simulator.limits import TOPIC_NAME_LENGTH
from bot.simulator.methods.call import Call, Methods
from bot.simulator.methods.messages import remove
from bot.simulator.world import Chat, Content, Topic

COLOURS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def _forum(call: Call) -> Chat:
    chat = call.chat()
    if not call.bot.account.has_topics_enabled:
        raise bad_request("the chat is not a forum")
    return chat


def _topic(call: Call, chat: Chat) -> Topic:
    topic = chat.topics.get(call.arguments.integer("message_thread_id"))
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


def create_forum_topic(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#createforumtopic as documented."""
    chat = _forum(call)
    name = call.arguments.text("name").strip()[:TOPIC_NAME_LENGTH]
    if not name:
        raise bad_request("name must be non-empty")
    colour = call.arguments.integer("icon_color", COLOURS[len(chat.topics) % len(COLOURS)])
    if not 0 <= colour <= 0xFFFFFF:
        raise bad_request("invalid icon color specified")
    topic = _open(call, chat, name, colour)
    return ForumTopic(topic.id, topic.name, topic.icon_color, topic.icon_custom_emoji_id)


def _open(call: Call, chat: Chat, name: str, colour: int) -> Topic:
    icon = call.arguments.text("icon_custom_emoji_id") or None
    created = ForumTopicCreated(name, colour, icon)
    post = call.world.add_post(chat, by_bot=True, content=Content(service=created, service_field="forum_topic_created"))
    post.thread = post.id
    topic = chat.topics[post.id] = Topic(post.id, name, colour, icon)
    call.world.record("topic", chat, topic=post.id, name=name)
    return topic


def edit_forum_topic(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#editforumtopic as documented."""
    chat = _forum(call)
    topic = _topic(call, chat)
    name = call.arguments.text("name").strip()[:TOPIC_NAME_LENGTH]
    icon = call.arguments.text("icon_custom_emoji_id") or topic.icon_custom_emoji_id
    if (name or topic.name, icon) == (topic.name, topic.icon_custom_emoji_id):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name, topic.icon_custom_emoji_id = name or topic.name, icon
    edited = Content(service=ForumTopicEdited(name or None, icon), service_field="forum_topic_edited")
    call.world.add_post(chat, by_bot=True, content=edited, thread=topic.id)
    call.world.record("topic", chat, topic=topic.id, name=topic.name)
    return True


def delete_forum_topic(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#deleteforumtopic — with all of its messages."""
    chat = _forum(call)
    topic = _topic(call, chat)
    for post in chat.posts.values():
        if post.thread == topic.id and not post.deleted:
            remove(call, post)
    del chat.topics[topic.id]
    call.world.record("topic", chat, topic=topic.id, name=None)
    return True


def refuse_outside_supergroup(call: Call) -> Any:
    """Closing and reopening topics, which only supergroups know."""
    call.chat()
    raise bad_request("the chat is not a supergroup forum")


METHODS: Methods = {
    "createforumtopic": create_forum_topic,
    "editforumtopic": edit_forum_topic,
    "deleteforumtopic": delete_forum_topic,
    "closeforumtopic": refuse_outside_supergroup,
    "reopenforumtopic": refuse_outside_supergroup,
}
