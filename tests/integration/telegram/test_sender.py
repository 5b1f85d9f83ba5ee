import asyncio

import pytest
import structlog.testing

from bot.conversation.ports import Key
from bot.gateways.telegram.client import BotApi
from bot.gateways.telegram.errors import Misconfigured, ServerFailed
from bot.gateways.telegram.limits import Rate
from bot.gateways.telegram.sender import Pace
from tests.integration.telegram.telegram_double import (
    BLOCKED,
    GONE,
    NOT_MODIFIED,
    NOW,
    REFUSED,
    TOKEN,
    UNPARSABLE,
    Fault,
    flood,
    until,
    words,
    world,
)


async def test_a_turns_messages_arrive_in_order_and_are_marked_with_their_ids() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("one"), words("two"), words("three")))
        await sender.flush()

        assert w.api.texts(7) == ["one", "two", "three"]
        assert w.outbox.sent == {1: "1", 2: "2", 3: "3"}
        assert w.outcomes == ["sent"] * 3


async def test_handing_over_comes_back_before_anything_is_sent() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", Fault(silent=0.05))
        sender.deliver(w.outbox.post(words("one")))
        called_at_once = list(w.api.calls)
        await sender.flush()

        assert called_at_once == []
        assert w.api.texts(7) == ["one"]


async def test_a_slow_chat_holds_up_no_other() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", flood(60))
        sender.deliver(w.outbox.post(words("slow", chat=7)))
        await until(lambda: w.api.calls)
        sender.deliver(w.outbox.post(*(words("quick", chat=chat) for chat in range(100, 150))))
        await until(lambda: len(w.outbox.sent) == 50)

        assert w.api.texts(7) == []
        await sender.close(grace=0)


async def test_sent_marks_of_many_chats_are_written_together() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(*(words("hello", chat=chat) for chat in range(1, 151))))
        await sender.flush()

        assert len(w.outbox.sent) == 150
        assert len(w.outbox.batches) <= 10


async def test_order_holds_within_each_chat_whatever_fails_meanwhile() -> None:
    async with world() as w:
        sender = w.sender(Pace(Rate(0), Rate(0), pauses=(0.01,) * 30, catch_up=0))
        w.api.fail("sendMessage", *[Fault(), flood(0.01), Fault(500, "Internal Server Error")] * 10)
        for number in range(20):
            sender.deliver(w.outbox.post(*(words(f"{number}", chat=chat) for chat in (7, 8, 9))))
            await asyncio.sleep(0)
        await sender.flush()

        assert all(w.api.texts(chat) == [str(number) for number in range(20)] for chat in (7, 8, 9))


async def test_a_message_is_changed_in_place_by_its_slot() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(
            w.outbox.post(words("step 1", slot="task"), words("aside"), words("step 2", slot="task", edit=True))
        )
        await sender.flush()

        assert w.api.chats[7] == {1: "step 2", 2: "aside"}


async def test_after_a_restart_the_message_of_a_slot_is_looked_up_in_the_outbox() -> None:
    async with world() as w:
        before, after = w.sender(), w.sender()
        before.deliver(w.outbox.post(words("step 1", slot="task")))
        await before.flush()
        after.deliver(w.outbox.post(words("step 2", slot="task", edit=True)))
        await after.flush()

        assert w.api.texts(7) == ["step 2"]


async def test_the_message_that_the_turn_names_is_changed() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("old", slot="task"), words("new", slot="task")))
        sender.deliver(w.outbox.post(words("chosen", slot="task", edit=True, target="1")))
        await sender.flush()

        assert w.api.chats[7] == {1: "chosen", 2: "new"}


async def test_a_change_with_nothing_to_change_is_sent_anew() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("card", slot="card", edit=True)))
        await sender.flush()

        assert w.api.methods() == ["sendMessage"]


async def test_a_change_of_a_message_that_is_gone_is_sent_anew_and_changed_from_then_on() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("editMessageText", GONE)
        sender.deliver(w.outbox.post(words("1", slot="card"), words("2", slot="card", edit=True)))
        await sender.flush()
        sender.deliver(w.outbox.post(words("3", slot="card", edit=True)))
        await sender.flush()

        assert w.api.chats[7] == {1: "1", 2: "3"}


async def test_not_modified_is_success() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("editMessageText", NOT_MODIFIED)
        sender.deliver(w.outbox.post(words("1", slot="card")))
        await sender.flush()
        sender.deliver(w.outbox.post(words("1", slot="card", edit=True)))
        await sender.flush()

        assert w.outbox.sent == {1: "1", 2: "1"}
        assert w.failures == []


async def test_flood_control_is_waited_out_and_nothing_is_lost() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", flood(0.2))
        started = asyncio.get_running_loop().time()
        sender.deliver(w.outbox.post(words("one"), words("two")))
        await sender.flush()

        assert asyncio.get_running_loop().time() - started >= 0.2
        assert w.api.texts(7) == ["one", "two"]


async def test_a_customer_who_blocked_the_bot_is_unreachable_and_what_waits_is_dropped() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", BLOCKED)
        sender.deliver(w.outbox.post(words("one"), words("two"), words("other", chat=8)))
        await sender.flush()

        assert w.api.texts(7) == []
        assert w.outbox.failed == {1: "unreachable", 2: "unreachable"}
        assert w.outbox.unreachable == {7}
        assert w.lost == [7]
        assert w.api.texts(8) == ["other"]


async def test_a_message_telegram_will_never_take_is_given_up_and_reported_and_the_next_goes_on() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", REFUSED)
        sender.deliver(w.outbox.post(words("secret of the customer"), words("two")))
        await sender.flush()

        assert list(w.outbox.failed) == [1]
        assert w.api.texts(7) == ["two"]
        assert [(one.where, one.conversation) for one in w.failures] == [("telegram.send", 7)]
        assert "secret" not in w.failures[0].error


async def test_a_button_telegram_would_not_take_is_reported_without_a_call() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("one", keys=((Key("Go", "x" * 65),),))))
        await sender.flush()

        assert w.api.calls == []
        assert list(w.outbox.failed) == [1]


async def test_words_whose_markup_telegram_cannot_read_arrive_plain_and_are_reported() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", UNPARSABLE)
        sender.deliver(w.outbox.post(words("<b>5 &lt; 6</b>")))
        await sender.flush()

        assert w.api.texts(7) == ["5 < 6"]
        assert len(w.failures) == 1


async def test_a_group_that_moved_is_followed() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", Fault(400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -1007}))
        sender.deliver(w.outbox.post(words("one"), words("two")))
        await sender.flush()

        assert w.api.texts(-1007) == ["one", "two"]


async def test_an_answer_that_never_comes_is_asked_for_again() -> None:
    async with world(within=0.1) as w:
        sender = w.sender()
        w.api.fail("sendMessage", Fault(done=True, silent=0.5))
        sender.deliver(w.outbox.post(words("one"), words("two")))
        await sender.flush()

        assert w.api.texts(7) == ["one", "one", "two"]
        assert set(w.outbox.sent) == {1, 2}


async def test_while_telegram_is_down_messages_stay_in_the_outbox_and_go_out_in_order_later() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", *[Fault()] * 3)
        sender.deliver(w.outbox.post(words("one"), words("two")))
        await sender.flush()
        left = w.api.texts(7)
        sender.deliver(w.outbox.post(words("three")))
        await sender.flush()

        assert left == []
        assert w.api.texts(7) == ["one", "two", "three"]
        assert w.outcomes[0] == "left"


async def test_what_a_killed_process_left_is_relayed_in_order() -> None:
    async with world() as w:
        w.outbox.post(words("one"), words("two"), words("other", chat=8))
        sender = w.sender()
        taken = await sender.relay_once(NOW)
        await sender.flush()

        assert taken == 3
        assert w.api.texts(7) == ["one", "two"]
        assert w.api.texts(8) == ["other"]


async def test_killed_between_send_and_mark_the_relay_sends_once_more() -> None:
    async with world() as w:
        killed, next_process = w.sender(), w.sender()
        w.outbox.down = True
        killed.deliver(w.outbox.post(words("one")))
        await until(lambda: w.api.texts(7))
        await killed.close(grace=0)
        w.outbox.down = False
        await next_process.relay_once(NOW)
        await next_process.flush()

        assert w.api.texts(7) == ["one", "one"]
        assert w.outbox.open() == []


async def test_marks_outlive_a_database_that_is_down_for_a_while() -> None:
    async with world() as w:
        sender = w.sender()
        w.outbox.down = True
        sender.deliver(w.outbox.post(words("one")))
        await until(lambda: w.api.texts(7))
        relayed = await sender.relay_once(NOW)
        w.outbox.down = False
        await sender.flush()

        assert relayed == 0
        assert w.api.texts(7) == ["one"]
        assert w.outbox.sent == {1: "1"}


async def test_the_relay_leaves_alone_what_is_on_its_way() -> None:
    async with world() as w:
        sender = w.sender()
        w.api.fail("sendMessage", flood(0.1))
        sender.deliver(w.outbox.post(words("one"), words("two")))
        await asyncio.sleep(0)
        relayed = await sender.relay_once(NOW)
        await sender.flush()

        assert relayed == 0
        assert w.api.texts(7) == ["one", "two"]


async def test_after_a_restart_nothing_new_overtakes_what_was_left() -> None:
    async with world() as w:
        w.outbox.post(words("left by the process before"))
        sender = w.sender(Pace(Rate(0), Rate(0), catch_up=60))
        sender.deliver(w.outbox.post(words("new")))
        await sender.flush()

        assert w.api.texts(7) == ["left by the process before", "new"]


async def test_fifty_changes_in_a_row_show_the_last_and_skip_those_nobody_would_see() -> None:
    async with world() as w:
        sender = w.sender(Pace(Rate(20, burst=3), Rate(0), catch_up=0))
        sender.deliver(w.outbox.post(words("0", slot="card")))
        for number in range(1, 51):
            sender.deliver(w.outbox.post(words(str(number), slot="card", edit=True)))
            await asyncio.sleep(0.001)
        await sender.flush()

        assert w.api.texts(7) == ["50"]
        assert len(w.api.calls) < 20
        assert len(w.outbox.sent) == 51


async def test_the_last_change_before_a_new_message_of_the_slot_is_shown_though_more_changes_follow() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("Which?", slot="task")))
        await sender.flush()
        changed, asked = words("Chosen: 1", slot="task", edit=True), words("How much?", slot="task")
        sender.deliver(w.outbox.post(changed, asked, words("How much? Say a number", slot="task", edit=True)))
        await sender.flush()

        assert w.api.texts(7) == ["Chosen: 1", "How much? Say a number"]


async def test_the_contact_button_is_taken_away_once_something_else_is_said() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("Your number?", slot="ask", ask_contact="Share")))
        await sender.flush()
        asked = w.api.texts(7)
        sender.deliver(w.outbox.post(words("Thank you", slot="ask", edit=True)))
        await sender.flush()

        assert asked == ["Your number?", "👇"]
        assert w.api.texts(7) == ["Thank you"]
        assert {"remove_keyboard": True} in [params.get("reply_markup") for _, params in w.api.calls]


async def test_the_contact_button_stays_while_the_question_is_repeated_or_a_notice_comes() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("Your number?", slot="ask", ask_contact="Share")))
        await sender.flush()
        sender.deliver(
            w.outbox.post(
                words("No number", slot="hint"), words("Your number!", slot="ask", edit=True, ask_contact="Share")
            )
        )
        sender.deliver(w.outbox.post(words("Stage 2", slot="card", priority="notice")))
        await sender.flush()

        assert w.api.texts(7) == ["Your number!", "👇", "No number", "Stage 2"]


async def test_closing_sends_what_waits() -> None:
    async with world() as w:
        sender = w.sender()
        sender.deliver(w.outbox.post(words("one"), words("two")))
        await sender.close()

        assert w.api.texts(7) == ["one", "two"]
        assert set(w.outbox.sent) == {1, 2}


async def test_thirty_a_second_hold_over_all_chats_and_replies_go_first() -> None:
    async with world() as w:
        sender = w.sender(Pace(Rate(0), Rate(50, burst=1), catch_up=0))
        sender.deliver(w.outbox.post(*(words("campaign", chat=chat, priority="campaign") for chat in range(100, 120))))
        await asyncio.sleep(0)
        sender.deliver(w.outbox.post(*(words("reply", chat=chat) for chat in range(200, 205))))
        started = asyncio.get_running_loop().time()
        await sender.flush()

        order = [params["text"] for _, params in w.api.calls]
        assert order.index("reply") <= 1
        assert order[1:6] == ["reply"] * 5
        assert asyncio.get_running_loop().time() - started >= 24 / 50 - 0.05


async def test_the_token_is_in_no_error_and_no_log() -> None:
    async with world(within=0.05) as w, BotApi(TOKEN, "http://127.0.0.1:9") as nowhere:
        w.api.fail("sendMessage", *[Fault(silent=0.2)] * 3)
        sender = w.sender()
        with structlog.testing.capture_logs() as logs:
            sender.deliver(w.outbox.post(words("one")))
            await sender.flush()
        with pytest.raises(ServerFailed) as refused:
            await nowhere.call("getMe")

        secret = TOKEN.partition(":")[2]
        assert logs
        assert secret not in repr((logs, w.failures, refused.value, refused.value.__cause__, nowhere, w.client))


async def test_an_address_that_is_no_bot_api_server_is_said_to_be_so() -> None:
    async with world() as w, BotApi("43:another", w.api.base) as stranger:
        with pytest.raises(Misconfigured, match="Bot API server"):
            await stranger.call("getMe")
