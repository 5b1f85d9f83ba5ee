from bot.growth.attribution import Arrival, arrival


def test_a_payload_names_the_channel_and_what_within_it_brought_the_customer() -> None:
    assert arrival("Market-poster-7") == Arrival("market", "poster-7")


def test_a_payload_may_name_a_channel_alone() -> None:
    assert arrival("wechat") == Arrival("wechat", "")


def test_a_payload_that_no_link_of_ours_can_carry_is_an_unknown_channel() -> None:
    assert arrival("市场 海报") == Arrival("unknown", "")
