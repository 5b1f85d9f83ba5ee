from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ContentError
from bot.texts.catalogues import read_catalogues

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


def write(folder: Path, name: str, *entries: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEADER + "\n" + "\n\n".join(entries) + "\n", encoding="utf-8")


def entry(key: str, words: str) -> str:
    return f'msgid "{key}"\nmsgstr "{words}"'


def test_all_domains_of_a_locale_are_merged(tmp_path: Path) -> None:
    write(tmp_path, "zh/LC_MESSAGES/one.po", entry("a", "甲"))
    write(tmp_path, "zh/LC_MESSAGES/two.po", entry("b", "乙"))
    assert read_catalogues(tmp_path) == {"zh": {"a": "甲", "b": "乙"}}


def test_adding_a_language_is_adding_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "zh/LC_MESSAGES/one.po", entry("a", "甲"))
    write(tmp_path, "sw/LC_MESSAGES/one.po", entry("a", "moja"))
    assert set(read_catalogues(tmp_path)) == {"sw", "zh"}


def test_words_may_span_lines(tmp_path: Path) -> None:
    write(tmp_path, "zh/LC_MESSAGES/one.po", 'msgid "a"\nmsgstr ""\n"甲\\n"\n"乙"')
    assert read_catalogues(tmp_path)["zh"]["a"] == "甲\n乙"


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ((entry("a", "x"), entry("a", "y")), r"zh/LC_MESSAGES/one\.po:\d+: 'a' was given before"),
        ((entry("a", ""),), "'a' has no words"),
        (("#, fuzzy\n" + entry("a", "x"),), "'a' is marked fuzzy"),
        (('msgctxt "c"\n' + entry("a", "x"),), "'a' has a plural or a context"),
        (("msgid unquoted", "nonsense"), r"one\.po:\d+: not a gettext catalogue"),
    ],
)
def test_an_entry_that_cannot_be_shown_is_told_with_file_and_key(
    tmp_path: Path, entries: tuple[str, ...], told: str
) -> None:
    write(tmp_path, "zh/LC_MESSAGES/one.po", *entries)
    with pytest.raises(ContentError, match=told):
        read_catalogues(tmp_path)


def test_a_key_in_two_domains_is_told_with_both_files(tmp_path: Path) -> None:
    write(tmp_path, "zh/LC_MESSAGES/one.po", entry("a", "x"))
    write(tmp_path, "zh/LC_MESSAGES/two.po", entry("a", "y"))
    with pytest.raises(ContentError, match=r"two\.po:\d+: 'a' was given before, at zh/LC_MESSAGES/one\.po:\d+"):
        read_catalogues(tmp_path)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "zh/LC_MESSAGES/one.po", entry("a", ""), entry("b", ""))
    with pytest.raises(ContentError, match=r"'a'.*\n.*'b'"):
        read_catalogues(tmp_path)


def test_a_folder_without_languages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no language"):
        read_catalogues(tmp_path)
