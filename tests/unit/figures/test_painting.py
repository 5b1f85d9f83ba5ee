"""Charts as pictures: everything stands inside, nothing covers anything, and the same is drawn the same."""

from __future__ import annotations

import unicodedata
from io import BytesIO
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from bot import resources
from bot.figures.painting import paint, scene_of
from bot.figures.pictures import Pictures
from bot.figures.scene import WIDTH, Scene
from bot.figures.typeface import FOLDER, Typeface, drawable
from bot.figures.worded import WordedChart
from bot.figures.wording import worded
from tests.unit.figures.samples import SHAPES, TEXTS

TYPEFACE = Typeface()
LARGEST = 60_000
"""Bytes of a picture: one that comes at once over a slow line."""


def of(name: str, locale: str = "zh") -> WordedChart:
    found = worded(SHAPES[name], TEXTS, locale)
    assert isinstance(found, WordedChart)
    return found


def scene(name: str, locale: str) -> Scene:
    return scene_of(of(name, locale), TYPEFACE)


each = pytest.mark.parametrize("locale", ["zh", "en"])
shapes = pytest.mark.parametrize("name", SHAPES)


@each
@shapes
def test_every_word_and_box_stands_inside_the_picture(name: str, locale: str) -> None:
    laid_out = scene(name, locale)

    for label in laid_out.labels:
        assert label.x >= 0, label
        assert label.x + label.width <= WIDTH, label
        assert label.y >= 0, label
        assert label.y + label.height <= laid_out.height, label
    for box in laid_out.boxes:
        assert box.x >= 0, box
        assert box.x + box.width <= WIDTH + 0.01, box
        assert box.y >= 0, box
        assert box.y + box.height <= laid_out.height, box


@each
@shapes
def test_no_words_cover_others(name: str, locale: str) -> None:
    for one, other in combinations(scene(name, locale).labels, 2):
        assert not one.meets(other, apart=2), (one, other)


@each
@shapes
def test_a_picture_is_of_a_phones_width_small_and_always_the_same(name: str, locale: str) -> None:
    drawn = paint(of(name, locale), TYPEFACE)
    image = Image.open(BytesIO(drawn))

    assert image.format == "PNG"
    assert image.width == WIDTH
    assert len(drawn) < LARGEST
    assert paint(of(name, locale), Typeface()) == drawn


def test_words_and_amounts_can_be_read_on_a_small_phone() -> None:
    smallest = min(label.size for name in SHAPES for label in scene(name, "zh").labels)
    assert smallest * 360 / WIDTH >= 9


def test_the_title_stands_at_the_top_and_the_note_at_the_bottom() -> None:
    labels = scene("level12", "en").labels
    assert labels[0].words.startswith("What it takes")
    assert labels[-1].y == max(label.y for label in labels)


def test_what_is_due_is_filled_and_what_is_not_is_pale() -> None:
    boxes = scene("bullet9", "zh").boxes
    assert len({box.colour for box in boxes[-9:-1]}) == 1
    assert boxes[-1].colour not in {box.colour for box in boxes[-9:-1]}


@pytest.mark.parametrize("file", sorted(resources.locales().rglob("*.po")), ids=lambda file: "/".join(file.parts[-3:]))
def test_the_font_has_every_character_of_the_catalogues(file: Path) -> None:
    """Pictures before labels are left out of drawings: no font of text has them."""
    signs = set(drawable(file.read_text(encoding="utf-8").replace("\n", "")))
    for weight in ("regular.otf", "bold.otf"):
        font = ImageFont.truetype(FOLDER / weight, 40, layout_engine=ImageFont.Layout.BASIC)
        missing = font.getmask("\U0010fffd")
        unknown = {sign for sign in signs if not sign.isspace() and bytes(font.getmask(sign)) == bytes(missing)}
        assert {unicodedata.name(sign, sign) for sign in unknown} == set()


def test_pictures_before_words_are_not_drawn_and_latin_words_have_narrow_signs() -> None:
    assert drawable("📅 每月还款…") == "每月还款…"
    assert drawable("✓ the month’s “takings”…") == 'the month\'s "takings"...'


async def test_a_picture_is_drawn_once_and_remembered() -> None:
    pictures = Pictures(TYPEFACE, remembered=2)
    first = await pictures.of(of("bullet9"))

    assert await pictures.of(of("bullet9")) is first
    for name in ("one", "empty"):
        await pictures.of(of(name))
    again = await pictures.of(of("bullet9"))
    assert again == first
    assert again is not first
