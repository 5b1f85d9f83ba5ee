from bot.gateways.telegram.limits import ChatLimits, Line, Rate


def spend(limits: ChatLimits, chat: str, now: float) -> float:
    wait = limits.wait(chat, now)
    limits.spend(chat, now + wait)
    return wait


def test_a_chat_gets_a_burst_of_three_and_then_one_message_a_second() -> None:
    limits = ChatLimits(Rate(1, burst=3))

    waits = [spend(limits, "7", 100.0) for _ in range(3)]
    fourth = limits.wait("7", 100.0)

    assert waits == [0, 0, 0]
    assert fourth == 1.0


def test_over_a_long_time_a_chat_gets_one_message_a_second() -> None:
    limits, now, sent = ChatLimits(Rate(1, burst=3)), 0.0, 0
    while now < 60:
        now += spend(limits, "7", now) + 0.001
        sent += 1

    assert 60 <= sent <= 64


def test_chats_do_not_wait_for_each_other() -> None:
    limits = ChatLimits(Rate(1, burst=1))
    limits.spend("7", 0.0)

    assert limits.wait("7", 0.0) == 1.0
    assert limits.wait("8", 0.0) == 0.0


def test_a_chat_waits_as_long_as_telegram_said_even_with_a_full_bucket() -> None:
    limits = ChatLimits(Rate(1, burst=3))
    limits.hold("7", 12.0, 100.0)

    assert limits.wait("7", 105.0) == 7.0
    assert limits.wait("7", 112.0) == 0.0


def test_idle_chats_are_forgotten() -> None:
    limits = ChatLimits(Rate(1, burst=3))
    for number in range(5000):
        limits.spend(str(number), float(number))

    assert len(limits._full_at) < 2500


def test_without_limits_nobody_waits() -> None:
    limits, line = ChatLimits(Rate(0)), Line(Rate(0))

    assert [spend(limits, "7", 0.0) for _ in range(1000)] == [0.0] * 1000
    assert all(line.pass_by(0.0) for _ in range(1000))


def test_replies_go_before_notices_and_notices_before_campaigns() -> None:
    line = Line(Rate(10, burst=1))
    assert line.pass_by(0.0)

    campaign, notice, first, second = (line.join(one) for one in ("campaign", "notice", "reply", "reply"))
    called = [ticket for tenth in range(1, 5) for ticket in line.admit(tenth / 10 + 1e-9)]

    assert called == [first, second, notice, campaign]


def test_nobody_passes_those_who_wait_in_line() -> None:
    line = Line(Rate(10, burst=1))
    line.pass_by(0.0)
    line.join("campaign")

    assert not line.pass_by(5.0)


def test_the_line_says_when_it_will_call_the_next() -> None:
    line = Line(Rate(10, burst=1))
    assert line.next_in(0.0) is None
    line.pass_by(0.0)
    line.join("reply")

    assert line.next_in(0.0) == 0.1


def test_who_leaves_the_line_is_not_called() -> None:
    line = Line(Rate(10, burst=1))
    line.pass_by(0.0)
    gone, stays = line.join("reply"), line.join("campaign")
    line.leave(gone)

    assert list(line.admit(1.0)) == [stays]


def test_thirty_a_second_are_let_through_overall() -> None:
    line, sent = Line(Rate(30, burst=30)), 0
    for _ in range(1000):
        line.join("campaign")
    for millisecond in range(10_000):
        sent += len(line.admit(millisecond / 1000))

    assert 300 <= sent <= 330
