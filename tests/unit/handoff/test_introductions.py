"""Who has come, as customers are told, and how near they are who wait."""

from __future__ import annotations

import pytest

from bot.core.errors import ContentError
from bot.handoff.introductions import introduction, photo_of, vcard
from bot.handoff.profiles import Profile
from bot.handoff.records import Manager, Photo
from tests.unit.handoff.office import Office

CHEN, HE, LI, WANG, ZHOU = "101", "102", "1", "2", "3"
JPEG = b"\xff\xd8\xff\xe0picture"


async def with_photo(office: Office, address: str) -> None:
    manager = await office.manager_at(address)

    async def keep(work: object, _: object) -> None:
        await work.managers.set_photo(manager.id, Photo("image/jpeg", JPEG))  # type: ignore[attr-defined]

    await office.within("staff", keep)


async def meet(office: Office, customer: str, manager: str) -> None:
    await office.say(customer, "人工")
    await office.run_jobs()
    await office.press(manager, office.button(manager, "desk.accept"))
    await office.run_jobs()


async def test_a_customer_sees_face_role_hours_and_languages_once_and_the_card_on_request(office: Office) -> None:
    await office.manager(CHEN, "陈立", languages=frozenset(("en",)), phone="+862155550101")
    await with_photo(office, CHEN)
    await office.customer(LI)
    await meet(office, LI, CHEN)
    (photo,) = [one.outgoing for one in office.chat(LI) if one.outgoing.document]
    assert (photo.document and photo.document.content) == JPEG
    assert "看得懂：中文、英文" in office.words(LI)
    office.clear(LI)
    office.clear(CHEN)
    await office.say(LI, "名片")
    about, card = office.chat(LI)
    assert "+86 21 5555 0101" in about.html
    assert card.outgoing.document is not None
    assert b"TEL;VALUE=uri;TYPE=work:tel:+862155550101" in card.outgoing.document.content
    assert office.chat(CHEN) == []
    await office.say(CHEN, "/return")
    await office.run_jobs()
    office.clear(LI)
    await meet(office, LI, CHEN)
    assert not [one for one in office.chat(LI) if one.outgoing.document]
    assert "还是由上次的客户经理接待您" in office.words(LI)


async def test_who_has_no_manager_is_told_so(office: Office) -> None:
    await office.customer(LI)
    await office.say(LI, "/card")
    assert office.says("manager_card.none") in office.words(LI)


async def test_who_comes_nearer_reads_it_in_one_message_which_ends_with_the_turn(office: Office) -> None:
    await office.manager(CHEN, "陈立", capacity=1)
    for customer in (LI, WANG, ZHOU):
        await office.customer(customer)
    await meet(office, LI, CHEN)
    for customer in (WANG, ZHOU):
        await office.say(customer, "人工")
        await office.run_jobs()
    office.clear(ZHOU)
    for place in (1, 0):
        await office.say(CHEN, "/return")
        await office.run_jobs()
        await office.press(CHEN, office.button(CHEN, "desk.accept"))
        await office.run_jobs()
        queued = [one.html for one in office.chat(ZHOU) if one.slot.startswith("queue")]
        assert len(queued) == 1
        assert (office.says("handoff.when_free", position=1) in queued[0]) is (place == 1)
    assert queued == [office.says("handoff.place_come")]


async def test_what_is_said_just_as_the_manager_goes_is_heard_by_the_bot(office: Office) -> None:
    await office.manager(CHEN, "陈立")
    await office.customer(LI)
    await meet(office, LI, CHEN)
    await office.say(CHEN, "/return")
    office.clear(LI)
    await office.say(LI, "人工")
    await office.run_jobs()
    assert office.says("handoff.requested") in office.words(LI)
    assert office.words(LI).count(office.says("handoff.back")) == 1


def test_hours_written_as_a_week_and_roles_known_are_read_in_each_ones_language(office: Office) -> None:
    told = introduction(Manager(1, "陈立", "team_lead", "Mo-Fr 09:00-18:00", "zh"))
    assert office.texts.label(told["role"], "en") == "team lead"  # type: ignore[arg-type]
    assert "9:00–18:00" in office.texts.render(told["hours"], "en")  # type: ignore[arg-type]
    told = introduction(Manager(1, "陈立", "顾问", "早上", "zh", profile=Profile(phone="+862155550101")))
    assert (told["role"], told["hours"], told["phone"]) == ("顾问", "早上", "+86 21 5555 0101")


def test_a_card_keeps_to_its_lines() -> None:
    lines = vcard("方雅;\n", "客户经理", "河谷, 信贷", "+862155550101").split("\r\n")
    assert lines[2:4] == ["FN:方雅\\;\\n", "ORG:河谷\\, 信贷"]


@pytest.mark.parametrize(
    ("content", "remedy"), [(b"GIF89a", "neither a JPEG"), (b"\xff\xd8\xff" + b"x" * 1_000_001, "smaller")]
)
def test_a_photo_that_is_none_or_too_large_is_refused(content: bytes, remedy: str) -> None:
    with pytest.raises(ContentError, match=remedy):
        photo_of(content)
