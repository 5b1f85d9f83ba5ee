from __future__ import annotations

import struct
from typing import Any

import pytest

from bot.simulator.client import Phone, SimulatorError
from bot.simulator.files import picture_size, voice_seconds
from tests.integration.simulator.conftest import PNG, BotHand, Rig, Webhook, serving

OGG = b"OggS" + bytes(2) + struct.pack("<q", 3 * 48_000) + bytes(20)


async def test_a_file_from_a_person_can_be_downloaded_by_the_bot(rig: Rig, bot: BotHand, phone: Phone) -> None:
    await phone.file("licence.pdf", b"%PDF-1.7 licence", mime="application/pdf", caption="my licence")
    message = (await bot.updates())[0]["message"]
    document = message["document"]
    assert message["caption"] == "my licence"
    assert (document["file_name"], document["mime_type"], document["file_size"]) == (
        "licence.pdf",
        "application/pdf",
        16,
    )
    file = await bot.do("getFile", file_id=document["file_id"])
    content = await rig.http.get(f"{rig.url}/file/bot{bot.token}/{file['file_path']}")
    assert content.content == b"%PDF-1.7 licence"


async def test_a_photo_tells_its_size_and_a_voice_its_length(bot: BotHand, phone: Phone) -> None:
    await phone.file("shop.png", PNG, kind="photo", mime="image/png")
    await phone.file("voice.ogg", OGG, kind="voice", mime="audio/ogg")
    photo, voice = (update["message"] for update in await bot.updates())
    assert [(size["width"], size["height"]) for size in photo["photo"]] == [(2, 3)]
    assert voice["voice"]["duration"] == 3


async def test_a_person_cannot_send_a_photo_that_is_none(phone: Phone) -> None:
    with pytest.raises(SimulatorError, match="a photo is a PNG"):
        await phone.file("a.png", b"nothing", kind="photo")


async def test_a_file_from_the_bot_shows_on_the_phone_and_can_be_sent_again_by_its_id(
    rig: Rig, bot: BotHand, phone: Phone
) -> None:
    sent = await bot.do(
        "sendPhoto", files={"photo": ("card.png", PNG)}, chat_id=phone.id, caption="<b>card</b>", parse_mode="HTML"
    )
    again = await bot.do("sendPhoto", chat_id=phone.id, photo=sent["photo"][0]["file_id"])
    assert again["photo"] == sent["photo"]
    media = (await phone.wait_for("card")).media
    assert media is not None
    assert (media["kind"], media["name"], media["mime"], media["size"]) == ("photo", "card.png", "image/png", len(PNG))
    shown = await rig.http.get(rig.url + media["url"])
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        ("nonsense", "wrong remote file identifier specified: Wrong string length"),
        ("", "there is no photo in the request"),
        ("http://127.0.0.1:9/none.png", "failed to get HTTP URL content"),
    ],
)
async def test_a_photo_that_is_not_there_is_refused(bot: BotHand, phone: Phone, photo: str, reason: str) -> None:
    assert await bot.refusal("sendPhoto", chat_id=phone.id, photo=photo) == (400, f"Bad Request: {reason}")


async def test_a_photo_that_is_no_picture_or_too_big_is_refused(bot: BotHand, phone: Phone) -> None:
    body = await bot.ask("sendPhoto", files={"photo": ("a.png", b"text")}, chat_id=phone.id)
    assert body["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    body = await bot.ask("sendPhoto", files={"photo": ("a.png", PNG + bytes(10 << 20))}, chat_id=phone.id)
    assert "is too big for a photo" in body["description"]


async def test_a_file_over_twenty_megabytes_cannot_be_downloaded_by_a_bot(bot: BotHand, phone: Phone) -> None:
    await phone.file("big.bin", bytes((20 << 20) + 1))
    file_id = (await bot.updates())[0]["message"]["document"]["file_id"]
    assert await bot.refusal("getFile", file_id=file_id) == (400, "Bad Request: file is too big")
    assert await bot.refusal("getFile", file_id="x") == (400, "Bad Request: invalid file_id")


async def test_a_photo_is_fetched_from_an_address(bot: BotHand, phone: Phone) -> None:
    async def picture(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"image/png")]})
        await send({"type": "http.response.body", "body": PNG})

    async with serving(picture) as url:
        sent = await bot.do("sendPhoto", chat_id=phone.id, photo=f"{url}/p.png")
    assert sent["photo"][0]["file_size"] == len(PNG)


async def test_the_picture_of_a_message_can_be_replaced(bot: BotHand, phone: Phone) -> None:
    sent = await bot.do("sendPhoto", files={"photo": ("a.png", PNG)}, chat_id=phone.id, caption="one")
    media = {"type": "document", "media": "attach://new", "caption": "two"}
    edited = await bot.do(
        "editMessageMedia", files={"new": ("b.txt", b"b")}, chat_id=phone.id, message_id=sent["message_id"], media=media
    )
    assert (edited["document"]["file_name"], edited["caption"]) == ("b.txt", "two")
    caption = await bot.do("editMessageCaption", chat_id=phone.id, message_id=sent["message_id"], caption="three")
    assert caption["caption"] == "three"
    assert (await phone.chat()).last.edits == ("one", "two")


async def test_a_file_shown_on_the_page_is_never_run_by_the_browser(rig: Rig, phone: Phone) -> None:
    await phone.file("evil.html", b"<script>", mime="text/html")
    url = (await phone.chat()).messages[-1].raw["media"]["url"]
    shown = await rig.http.get(rig.url + url)
    assert shown.headers["content-type"] == "application/octet-stream"
    assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (PNG, (2, 3)),
        (b"GIF89a" + struct.pack("<HH", 4, 5), (4, 5)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x07\x00\x06\x01\x00\x00\x00", (6, 7)),
        (b"RIFF....WEBPVP8X" + bytes(8) + b"\x07\x00\x00\x08\x00\x00", (8, 9)),
        (b"text", None),
        (b"\xff\xd8\xff", None),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_header(content: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(content) == size


def test_a_voice_without_pages_counts_as_one_second() -> None:
    assert voice_seconds(b"noise") == 1


async def test_files_arrive_on_a_webhook_too(bot: BotHand, phone: Phone, webhook: Webhook) -> None:
    await bot.do("setWebhook", url=webhook.url)
    await phone.sticker()
    assert (await webhook.until(1))[0]["message"]["sticker"]["emoji"] == "👍"
