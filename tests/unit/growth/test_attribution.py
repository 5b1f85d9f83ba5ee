import pytest

from bot.growth.attribution import UNKNOWN, Arrival, arrival


def test_a_payload_names_the_channel_and_what_within_it_brought_the_customer() -> None:
    assert arrival("Market-poster-7") == Arrival("market", "poster-7")
    assert arrival("fair-261128") == Arrival("fair", "261128")


def test_a_payload_may_name_a_channel_alone() -> None:
    assert arrival("wechat") == Arrival("wechat", "")


@pytest.mark.parametrize(
    "typed",
    [
        "市场 海报",
        "13912345678",
        "wechat-13912345678",
        "wx-139-1234-5678",
        "wx_139_1234_5678",
        "１３９",
        "",
        "a" * 40,
        "x-" + "a" * 40,
    ],
)
def test_what_no_link_of_ours_carries_is_an_unknown_channel_and_nothing_of_it_is_kept(typed: str) -> None:
    assert arrival(typed) == UNKNOWN
