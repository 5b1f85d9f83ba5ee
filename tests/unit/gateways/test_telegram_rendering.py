import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.ports import Key, Outgoing, Relayed
from bot.figures.worded import WordedChart, WordedTable
from bot.gateways.telegram.errors import Rejected
from bot.gateways.telegram.rendering import Standing, plain, render, showing, split, visible

WORDS = Outgoing(
    conversation=1, channel="telegram", address="700", slot="question", html="<b>How much</b> do you need?"
)
CHART = WordedChart("columns", "title", (), ())
TABLE = WordedTable(("a",), (("1",),), (False,))
KEYS = ((Key("Back", "t1"), Key("Site", url="https://example.org/")), (Key("跳过", "t2"),))


def test_a_message_is_sent_as_html_without_link_previews() -> None:
    (call,) = render(WORDS)

    assert call.method == "sendMessage"
    assert call.params == {
        "chat_id": 700,
        "text": "<b>How much</b> do you need?",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


def test_keys_become_inline_buttons_in_their_rows() -> None:
    (call,) = render(replace(WORDS, keys=KEYS))

    assert call.params["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Back", "callback_data": "t1"}, {"text": "Site", "url": "https://example.org/"}],
            [{"text": "跳过", "callback_data": "t2"}],
        ]
    }


def test_with_a_target_the_message_is_changed_in_place() -> None:
    (call,) = render(WORDS, Standing("12"))

    assert (call.method, call.params["message_id"]) == ("editMessageText", 12)


def test_an_edit_without_keys_takes_the_buttons_off() -> None:
    (call,) = render(WORDS, Standing("12"))

    assert "reply_markup" not in call.params


def test_a_campaign_makes_no_sound_with_a_figure_either() -> None:
    for figure in (CHART, TABLE):
        (call,) = render(replace(WORDS, figure=figure, priority="campaign"), rich_messages=True)
        assert call.params["disable_notification"] is True


def test_a_picture_whose_words_have_wrong_markup_is_changed_with_plain_words() -> None:
    (call,) = render(replace(WORDS, html="<b>5 &lt; 6</b>", figure=CHART), Standing("12", "captioned", "another"))

    assert plain(call).params["media"] == {"type": "photo", "caption": "5 < 6"}
    assert showing(call, "file")["media"]["media"] == "file"


@pytest.mark.parametrize("token", ["", "x" * 65, "字" * 22])
def test_a_token_telegram_would_not_take_is_refused_before_it_is_sent(token: str) -> None:
    with pytest.raises(Rejected):
        render(replace(WORDS, keys=((Key("Go", token),),)))


def test_a_token_may_have_64_bytes() -> None:
    (call,) = render(replace(WORDS, keys=((Key("Go", "x" * 64),),)))

    assert call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "x" * 64


def test_the_contact_button_comes_with_a_message_of_its_own_so_that_the_question_can_be_edited() -> None:
    question, prompt = render(replace(WORDS, keys=KEYS, ask_contact="Share my number"))

    assert question.main
    assert "inline_keyboard" in question.params["reply_markup"]
    assert prompt.params["reply_markup"]["keyboard"] == [[{"text": "Share my number", "request_contact": True}]]


@pytest.mark.parametrize(
    ("kind", "method"),
    [("photo", "sendPhoto"), ("document", "sendDocument"), ("voice", "sendVoice"), ("video", "sendVideo")],
)
def test_a_file_is_passed_on_by_its_handle_with_the_words_as_caption(kind: str, method: str) -> None:
    (call,) = render(replace(WORDS, relayed=Relayed(kind, "FILE")))

    assert call.method == method
    assert call.params == {"chat_id": 700, kind: "FILE", "caption": WORDS.html, "parse_mode": "HTML"}


def test_a_sticker_has_no_caption_so_the_words_go_before_it() -> None:
    words, sticker = render(replace(WORDS, relayed=Relayed("sticker", "FILE")))

    assert (words.method, sticker.method) == ("sendMessage", "sendSticker")


def test_what_has_no_file_is_copied_from_where_it_was_said() -> None:
    (call,) = render(replace(WORDS, html="", relayed=Relayed("location", "800:15")))

    assert call.method == "copyMessage"
    assert call.params == {"chat_id": 700, "from_chat_id": 800, "message_id": 15}


def test_a_handle_that_names_no_message_is_refused() -> None:
    with pytest.raises(Rejected):
        render(replace(WORDS, relayed=Relayed("other", "nonsense")))


def test_campaigns_make_no_sound() -> None:
    (call,) = render(replace(WORDS, priority="campaign"))

    assert call.params["disable_notification"] is True


def test_a_long_text_is_split_between_paragraphs_with_the_buttons_on_the_last_part() -> None:
    paragraphs = [f"{number} " + "字" * 1500 for number in range(4)]

    calls = render(replace(WORDS, html="\n\n".join(paragraphs), keys=KEYS))

    assert [call.params["text"] for call in calls] == ["\n\n".join(paragraphs[:2]), "\n\n".join(paragraphs[2:])]
    assert [call.main for call in calls] == [False, True]
    assert ["reply_markup" in call.params for call in calls] == [False, True]


def test_a_long_edit_changes_the_message_and_goes_on_in_a_new_one() -> None:
    calls = render(replace(WORDS, html="\n\n".join(["字" * 3000] * 2)), Standing("12"))

    assert [call.method for call in calls] == ["editMessageText", "sendMessage"]


def test_markup_open_at_a_cut_is_closed_and_opened_again() -> None:
    first, second = split("<b>one</b> <blockquote><i>" + "a" * 10 + "\n\n" + "b" * 10 + "</i></blockquote>", 15)

    assert first == "<b>one</b> <blockquote><i>aaaaaaaaaa</i></blockquote>"
    assert second == "<blockquote><i>bbbbbbbbbb</i></blockquote>"


def test_markup_and_entities_do_not_count_but_emoji_count_twice() -> None:
    assert visible("<b>a&amp;b</b>") == 3
    assert visible("👇") == 2


def test_without_markup_the_words_stay_the_same() -> None:
    (call,) = render(replace(WORDS, html="5 &lt; 6 <b>now</b>"))

    assert plain(call).params["text"] == "5 < 6 now"
    assert "parse_mode" not in plain(call).params


ATOMS = st.sampled_from(
    ["a", "字", "👇", "&amp;", "&lt;", " ", "\n", "\n\n", "。", "<b>", "</b>", "<i>", "</i>", "long" * 5]
)


def _balanced(atoms: list[str]) -> str:
    opened: list[str] = []
    out: list[str] = []
    for atom in atoms:
        if atom.startswith("</"):
            if not opened or opened[-1] != atom[2]:
                continue
            opened.pop()
        elif atom.startswith("<"):
            opened.append(atom[1])
        out.append(atom)
    return "".join(out) + "".join(f"</{tag}>" for tag in reversed(opened))


def _words(text: str) -> str:
    return re.sub(r"\s|<[^>]*>", "", text)


@given(st.lists(ATOMS, max_size=80).map(_balanced), st.integers(min_value=8, max_value=40))
def test_parts_lose_no_word_keep_within_the_limit_and_are_each_well_formed(text: str, limit: int) -> None:
    parts = split(text, limit)

    assert _words("".join(parts)) == _words(text)
    assert all(visible(part) <= limit for part in parts)
    assert all(_balanced(re.findall(r"<[^>]*>|&\w+;|.", part, re.DOTALL)) == part for part in parts)
