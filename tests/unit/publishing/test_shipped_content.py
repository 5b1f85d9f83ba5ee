from __future__ import annotations

import pytest

from bot.core.values import Text
from bot.publishing.check import check
from bot.publishing.content import assemble
from bot.publishing.keys import program_keys
from bot.publishing.release import Release, digest_of
from bot.publishing.sources import read_documents
from tests.unit.publishing.content import NOW

DOCUMENTS = read_documents()


def test_the_shipped_content_has_no_problem() -> None:
    assert [str(problem) for problem in check(DOCUMENTS)] == []


def test_the_shipped_content_is_complete_in_chinese_and_english() -> None:
    messages = DOCUMENTS["messages"]
    assert {key for key in messages["zh"] if not key.endswith(".also")} == {
        key for key in messages["en"] if not key.endswith(".also")
    }


def test_the_program_is_read_for_the_texts_it_needs() -> None:
    keys = program_keys()
    assert "help" in keys.required
    assert keys.uses("value.months")
    assert keys.uses("stage.submitted.means")
    assert not keys.uses("nothing.of.the.kind")


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_label_of_the_shipped_flows_can_be_typed(locale: str) -> None:
    content = assemble(Release(1, DOCUMENTS, digest_of(DOCUMENTS), NOW, "author"))
    labels = {
        option.label
        for flow in content.book.flows.values()
        for step in flow.steps.values()
        for option in getattr(step, "options", ())
        if not content.texts.placeholders(option.label)
    }
    typed = {key for keys in content.book.words.values() for key in keys}
    assert labels <= typed
    assert all(content.texts.label(Text(label), locale) for label in labels)
