from typing import Any

import pytest

from bot.conversation.incoming import Incoming, NotTaken
from bot.dialogs.events import Attached, Edited, Event, Opened, Pressed, Said, Shared
from tests.integration.telegram.telegram_double import NOW
from tests.integration.telegram.updates import Turns, message, press, typed, update

FILE = {"file_id": "F1", "file_unique_id": "U1"}
PHOTO = [{**FILE, "width": 90, "height": 90}, {**FILE, "file_id": "F2", "width": 900, "height": 900}]
VIDEO_NOTE = {**FILE, "length": 240, "duration": 3}
CHANNEL_POST = {"message_id": 1, "date": 1772442000, "chat": {"id": -100, "type": "channel", "title": "News"}}


async def event_of(raw: dict[str, Any]) -> Event:
    turns = Turns()
    await turns.intake().feed(raw)
    (incoming,) = turns.taken
    return incoming.event


async def test_an_update_says_who_it_is_from_and_has_a_key_that_repeats_with_it() -> None:
    turns = Turns()
    raw = typed("你好")
    await turns.intake().feed(raw)

    assert turns.taken == [
        Incoming(f"telegram:42:{raw['update_id']}", "telegram", "7", Said(NOW, "你好", "55"), "zh-hans", "小明 王")
    ]


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("/start", Opened(NOW, None, "55")),
        ("/start market_03-a", Opened(NOW, "market_03-a", "55")),
        ("/start@tillwise_bot market", Opened(NOW, "market", "55")),
        ("/started", Said(NOW, "/started", "55")),
        ("/start now please", Said(NOW, "/start now please", "55")),
        ("/cancel", Said(NOW, "/cancel", "55")),
    ],
)
async def test_start_opens_with_its_payload_and_everything_else_is_said(text: str, event: Event) -> None:
    assert await event_of(typed(text)) == event


@pytest.mark.parametrize(
    ("answers", "topic", "reply_to"), [(None, None, None), (4, None, "4"), (9, 9, None), (12, 9, "12")]
)
async def test_what_a_message_answers_is_told_and_its_topic_but_not_that_the_topic_was_opened(
    answers: int | None, topic: int | None, reply_to: str | None
) -> None:
    answered = message(text="x") | {"message_id": answers}
    more: dict[str, Any] = {"reply_to_message": answered} if answers is not None else {}
    inside: dict[str, Any] = {"message_thread_id": topic, "is_topic_message": True} if topic is not None else {}
    event = await event_of(update(message=message(text="好", **more, **inside)))
    thread = str(topic) if topic is not None else None
    assert event == Said(NOW, "好", "55", reply_to=reply_to, thread=thread)


async def test_a_press_brings_its_token_its_message_and_what_is_to_be_answered() -> None:
    assert await event_of(press("f1.3.yes")) == Pressed(NOW, "f1.3.yes", "55", "991")


async def test_a_press_on_a_message_too_old_to_be_shown_is_taken_too() -> None:
    old = {"message_id": 3, "date": 0, "chat": {"id": 7, "type": "private"}}

    assert await event_of(press("t", message=old)) == Pressed(NOW, "t", "3", "991")


async def test_a_press_is_answered_with_the_turns_notice() -> None:
    turns = Turns(notice="That was an earlier question")

    assert await turns.intake().feed(press()) == {
        "method": "answerCallbackQuery",
        "callback_query_id": "991",
        "text": "That was an earlier question",
    }


async def test_a_press_without_a_notice_is_answered_all_the_same() -> None:
    assert await Turns().intake().feed(press()) == {"method": "answerCallbackQuery", "callback_query_id": "991"}


@pytest.mark.parametrize(
    ("contact", "phone", "own"),
    [
        ({"phone_number": "8613800138000", "user_id": 7}, "+8613800138000", True),
        ({"phone_number": "+86 138-0013-8000", "user_id": 8}, "+8613800138000", False),
        ({"phone_number": "0044 20 7946 0000"}, "+442079460000", False),
    ],
)
async def test_a_contact_is_the_customers_own_only_by_telegrams_word(
    contact: dict[str, Any], phone: str, own: bool
) -> None:
    event = await event_of(update(message=message(contact={"first_name": "小明", **contact})))

    assert event == Shared(NOW, phone, own, "55")


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ({"photo": PHOTO, "caption": "My shop"}, Attached(NOW, "photo", "F2", None, "My shop", "55")),
        ({"document": FILE | {"file_name": "licence.pdf"}}, Attached(NOW, "document", "F1", "licence.pdf", None, "55")),
        ({"voice": FILE | {"duration": 4}}, Attached(NOW, "voice", "F1", None, None, "55")),
        (
            {"location": {"latitude": 1.0, "longitude": 2.0}},
            Attached(NOW, "location", "7:55", None, None, "55", (1.0, 2.0)),
        ),
        ({"video_note": VIDEO_NOTE}, Attached(NOW, "other", "7:55", None, None, "55")),
        ({"dice": {"emoji": "🎲", "value": 3}}, Attached(NOW, "other", "7:55", None, None, "55")),
    ],
)
async def test_what_is_not_text_comes_with_a_handle_by_which_it_can_be_passed_on(
    content: dict[str, Any], event: Event
) -> None:
    assert await event_of(update(message=message(**content))) == event


async def test_changed_words_come_with_the_message_they_stand_in_and_its_file() -> None:
    words = update(edited_message=message(text="changed", edit_date=1772442001))
    assert await event_of(words) == Edited(NOW, "changed", "55")
    caption = update(edited_message=message(photo=PHOTO, caption="My new shop", edit_date=1772442001))
    assert await event_of(caption) == Edited(NOW, "My new shop", "55", "photo", "F2")


@pytest.mark.parametrize(
    "raw",
    [
        update(edited_message=message(location={"latitude": 1.0, "longitude": 2.0}, edit_date=1772442001)),
        update(message=message(-5, "group", text="hello")),
        update(message=message(pinned_message=message(text="x"))),
        update(channel_post=CHANNEL_POST | {"text": "news"}),
        update(poll_answer={"poll_id": "1", "option_ids": [0]}),
        update(something_of_the_next_bot_api={"text": "?"}),
        {"update_id": 5},
    ],
)
async def test_places_that_move_groups_service_messages_and_other_kinds_of_update_start_no_turn(
    raw: dict[str, Any],
) -> None:
    turns = Turns()
    reply = await turns.intake().feed(raw)

    assert (reply, turns.taken, turns.failures) == (None, [], [])


async def test_a_press_in_a_group_is_answered_and_starts_no_turn() -> None:
    turns = Turns()
    reply = await turns.intake().feed(press(message=message(-5, "group", text="x")))

    assert reply == {"method": "answerCallbackQuery", "callback_query_id": "991"}
    assert turns.taken == []


@pytest.mark.parametrize(("status", "reachable"), [("kicked", False), ("member", True)])
async def test_blocking_and_coming_back_are_noted(status: str, reachable: bool) -> None:
    bot = {"id": 42, "is_bot": True, "first_name": "Tillwise"}
    new = {"status": status, "user": bot} | ({"until_date": 0} if status == "kicked" else {})
    change = {"chat": message()["chat"], "from": message()["from"], "date": 1772442000}
    change |= {"old_chat_member": {"status": "member", "user": bot}, "new_chat_member": new}
    turns = Turns()
    await turns.intake().feed(update(my_chat_member=change))

    assert turns.reached == [("telegram", "7", reachable)]


async def test_what_was_not_committed_is_to_be_brought_again() -> None:
    turns = Turns(down=True)
    with pytest.raises(NotTaken):
        await turns.intake().feed(typed("hello"))

    assert turns.counted == ["not_taken"]


async def test_a_lost_connection_counts_as_not_taken() -> None:
    turns = Turns(bug=ConnectionResetError())
    intake, raw = turns.intake(), typed("hello")
    for _ in range(5):
        with pytest.raises(NotTaken):
            await intake.feed(raw)

    assert turns.failures == []


async def test_an_update_that_always_fails_is_tried_three_times_reported_without_its_words_and_given_up() -> None:
    turns = Turns(bug=RuntimeError("secret words of the customer"))
    intake, raw = turns.intake(), press()
    for _ in range(2):
        with pytest.raises(NotTaken):
            await intake.feed(raw)
    reply = await intake.feed(raw)

    assert reply == {"method": "answerCallbackQuery", "callback_query_id": "991"}
    assert [(one.where, one.error) for one in turns.failures] == [("telegram.update", "RuntimeError")]


async def test_what_is_no_update_at_all_is_reported_once_and_not_asked_for_again() -> None:
    turns = Turns()
    reply = await turns.intake().feed({"update_id": 9, "message": {"text": 5}})

    assert reply is None
    assert [one.error for one in turns.failures] == ["ValidationError"]
