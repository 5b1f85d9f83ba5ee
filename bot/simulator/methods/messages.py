"""Sending, copying, forwarding and deleting messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from telegram import Contact, Location, MessageId, MessageOriginUser

from bot.simulator.arguments import Arguments
from bot.simulator.errors import bad_request
from bot.simulator.keyboards import read_keyboards
from bot.simulator.limits import CAPTION_LENGTH, check_text
from bot.simulator.methods.call import Call, Methods
from bot.simulator.methods.uploads import read_media
from bot.simulator.rich import read_rich
from bot.simulator.world import Chat, Content, Post

DELETABLE: Final = timedelta(hours=48)
MANY: Final = 100


def send(call: Call, chat: Chat, content: Content, **more: Any) -> Post:
    """Put a bot's message into the chat, with its keyboards, its place in a topic and what it replies to."""
    keyboards = read_keyboards(call.arguments)
    thread = _thread(call, chat)
    reply_to = _replied(call, chat)
    call.bot.flood.admit(chat.person.id, call.world.limits, call.world.clock.now())
    post = call.world.add_post(
        chat, by_bot=True, content=content, markup=keyboards.inline, thread=thread, reply_to=reply_to, **more
    )
    if keyboards.replaces_reply:
        call.world.set_keyboard(chat, keyboards.reply)
    return post


def _thread(call: Call, chat: Chat) -> int | None:
    thread = call.arguments.integer("message_thread_id")
    if not thread:
        return None
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed:
        raise bad_request("TOPIC_CLOSED")
    return thread


def _replied(call: Call, chat: Chat) -> Post | None:
    parameters = call.arguments.json("reply_parameters", "reply parameters") or {}
    wanted = Arguments(parameters).integer("message_id") or call.arguments.integer("reply_to_message_id")
    lenient = parameters.get("allow_sending_without_reply") or call.arguments.flag("allow_sending_without_reply")
    if not wanted:
        return None
    post = chat.post(wanted)
    if post is None and not lenient:
        raise bad_request("message to be replied not found")
    return post


def text_content(call: Call) -> Content:
    """The content of a text message; raises when it is empty, too long or does not parse."""
    if not call.arguments.text("text"):
        raise bad_request("message text is empty")
    formatted = call.formatted("text", "entities")
    check_text(formatted.text)
    return Content(formatted.text, formatted.entities)


def rich_content(call: Call) -> Content | None:
    """The content of a rich message, where the call brings one and the server knows them."""
    if not call.world.limits.rich_messages or not call.arguments.has("rich_message"):
        return None
    return Content(rich=read_rich(call.arguments.json("rich_message", "InputRichMessage")))


def caption(call: Call, too_long: str = "message caption is too long") -> dict[str, Any]:
    """The caption and its entities as fields of `Content`."""
    formatted = call.formatted("caption", "caption_entities")
    if len(formatted.text) > CAPTION_LENGTH:
        raise bad_request(too_long)
    return {"text": formatted.text or None, "entities": formatted.entities}


def send_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#sendmessage as documented."""
    chat = call.chat()
    return send(call, chat, text_content(call)).typed()


def send_rich_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#sendrichmessage as documented."""
    chat, content = call.chat(), rich_content(call)
    if content is None:
        raise bad_request("rich message must be non-empty")
    return send(call, chat, content).typed()


def _sends_media(kind: str) -> Any:
    async def send_media(call: Call) -> Any:
        chat = call.chat()
        media = await read_media(call, kind, call.arguments.text(kind))
        return send(call, chat, Content(media=media, **caption(call))).typed()

    return send_media


def send_contact(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#sendcontact as documented."""
    chat, given = call.chat(), call.arguments
    contact = Contact(
        given.required("phone_number"), given.required("first_name"), given.text("last_name") or None,
        vcard=given.text("vcard") or None,
    )  # fmt: skip
    return send(call, chat, Content(contact=contact)).typed()


def send_location(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#sendlocation as documented."""
    chat = call.chat()
    location = Location(latitude=call.arguments.number("latitude"), longitude=call.arguments.number("longitude"))
    return send(call, chat, Content(location=location)).typed()


def copy_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#copymessage as documented."""
    chat, source = call.chat(), call.chat("from_chat_id", writes=False)
    original = call.post(source, "copy")
    if original.content.service is not None:
        raise bad_request("the message can't be copied")
    content = original.content
    if call.arguments.has("caption") and content.media is not None:
        content = Content(media=content.media, **caption(call))
    return MessageId(send(call, chat, content).id)


def forward_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#forwardmessage as documented."""
    chat, source = call.chat(), call.chat("from_chat_id", writes=False)
    original = call.post(source, "forward")
    if original.content.service is not None:
        raise bad_request("the message can't be forwarded")
    author = call.bot.user if original.by_bot else source.person.user
    origin = original.origin or MessageOriginUser(original.date, author)
    return send(call, chat, original.content, origin=origin).typed()


def delete_message(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#deletemessage — in a private chat also what the person wrote."""
    chat = call.chat()
    post = call.post(chat, "delete")
    if call.world.clock.now() - post.date > DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    remove(call, post)
    return True


def delete_messages(call: Call) -> Any:
    """Carry out https://core.telegram.org/bots/api#deletemessages — those not found are skipped."""
    chat = call.chat()
    wanted = call.arguments.json("message_ids", "message_ids")
    if not isinstance(wanted, list) or not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > MANY:
        raise bad_request("too many message identifiers specified")
    for number in wanted:
        if (post := chat.post(int(number))) is not None:
            remove(call, post)
    return True


def remove(call: Call, post: Post) -> None:
    """Take a message out of its chat; it stays known as deleted."""
    post.deleted = True
    if post.content.service is None:
        call.world.record("delete", post.chat, post)


METHODS: Methods = {
    "sendmessage": send_message,
    "sendrichmessage": send_rich_message,
    "sendcontact": send_contact,
    "sendlocation": send_location,
    "copymessage": copy_message,
    "forwardmessage": forward_message,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    **{
        f"send{kind}": _sends_media(kind)
        for kind in ("photo", "document", "voice", "audio", "video", "animation", "sticker")
    },
}
