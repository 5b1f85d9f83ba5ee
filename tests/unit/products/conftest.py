from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from bot import resources
from bot.products.catalogue import Catalogue, parse_catalogue
from bot.products.stories import Story, parse_stories
from bot.texts.catalogues import read_catalogues
from bot.texts.texts import Texts

Documents: TypeAlias = dict[str, Any]


def _documents(folder: Path) -> Documents:
    return {file.name: yaml.safe_load(file.read_text("utf-8")) for file in sorted(folder.glob("*.yaml"))}


@pytest.fixture
def documents() -> Documents:
    """The shipped catalogue, parsed afresh so that a test may spoil it."""
    return _documents(resources.products())


@pytest.fixture
def story_documents() -> Documents:
    return _documents(resources.case_stories())


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return parse_catalogue(_documents(resources.products()))


@pytest.fixture(scope="session")
def stories() -> tuple[Story, ...]:
    return parse_stories(_documents(resources.case_stories()))


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts(read_catalogues(resources.locales()), "zh")
