from __future__ import annotations

from pathlib import Path

import pytest

from bot import resources
from bot.publishing.check import LABEL_LENGTH, MESSAGE_LENGTH
from bot.publishing.figures import FIGURES
from bot.texts.markup import TAGS
from bot.texts.templates import STYLES
from tests.unit.publishing.content import documents

AUTHORS_GUIDE = (Path(__file__).parents[3] / "docs" / "content.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "named",
    [
        *(f"`{figure}`" for figure in FIGURES),
        *(f":{style}}}" for style in sorted(STYLES) if style),
        *(f"<{tag}>" for tag in sorted(TAGS)),
        f"{MESSAGE_LENGTH:,} characters",
        f"a label {LABEL_LENGTH}",
    ],
)
def test_what_authors_may_use_is_in_their_guide(named: str) -> None:
    assert named in AUTHORS_GUIDE


@pytest.mark.parametrize(
    "place",
    [resources.flows(), resources.products(), resources.case_stories(), resources.answers(), resources.notices()],
)
def test_every_folder_of_content_is_in_the_guide(place: Path) -> None:
    assert f"{place.relative_to(resources.PACKAGE.parent).as_posix()}/*.yaml" in AUTHORS_GUIDE


def test_every_kind_of_document_is_in_the_guide() -> None:
    assert [kind for kind in documents() if kind not in AUTHORS_GUIDE and kind != "messages"] == []
