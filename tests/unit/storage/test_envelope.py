from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.errors import SettingsError
from bot.storage.envelope import Broken, DataKey, key_of, new_id, new_material, place_of
from bot.storage.master_keys import MasterKeys, kept_in, new_master_key

PLACES = st.builds(place_of, st.sampled_from(["quote", "lead"]), st.sampled_from(["values", "facts"]), st.integers())
KEY = DataKey(new_id(), new_material())


@given(data=st.binary(), place=PLACES)
def test_what_is_sealed_opens_in_its_place(data: bytes, place: str) -> None:
    envelope = KEY.seal(place, data)
    assert KEY.open(place, envelope) == data
    assert key_of(envelope) == KEY.id
    assert KEY.seal(place, data) != envelope


@given(data=st.binary(), place=PLACES, other=PLACES)
def test_what_was_moved_to_another_place_does_not_open(data: bytes, place: str, other: str) -> None:
    assume(place != other)
    with pytest.raises(Broken):
        KEY.open(other, KEY.seal(place, data))


@given(data=st.binary(), place=PLACES, where=st.integers(0), change=st.integers(1, 255))
def test_no_byte_can_be_changed(data: bytes, place: str, where: int, change: int) -> None:
    envelope = bytearray(KEY.seal(place, data))
    envelope[where % len(envelope)] ^= change
    with pytest.raises(Broken):
        KEY.open(place, bytes(envelope))


@given(data=st.binary(), place=PLACES, length=st.integers(0, 60))
def test_what_was_cut_off_does_not_open(data: bytes, place: str, length: int) -> None:
    envelope = KEY.seal(place, data)
    assume(length < len(envelope))
    with pytest.raises(Broken):
        KEY.open(place, envelope[:length])


@given(data=st.binary(min_size=8), place=PLACES)
def test_nobody_else_s_key_opens_it_and_nothing_of_it_shows(data: bytes, place: str) -> None:
    envelope = KEY.seal(place, data)
    assert data not in envelope
    with pytest.raises(Broken):
        DataKey(KEY.id, new_material()).open(place, envelope)


def test_the_first_master_key_wraps_and_each_unwraps() -> None:
    old, new = new_master_key(), new_master_key()
    wrapped = MasterKeys([old]).wrap(b"name", b"a key")
    both = MasterKeys([new, old])
    assert both.unwrap(b"name", wrapped) == b"a key"
    assert not both.wrapped_by_first(wrapped)
    anew = both.wrap(b"name", b"a key")
    assert both.wrapped_by_first(anew)
    assert MasterKeys([new]).unwrap(b"name", anew) == b"a key"
    with pytest.raises(SettingsError, match="BOT_MASTER_KEYS"):
        MasterKeys([new]).unwrap(b"name", wrapped)
    with pytest.raises(Broken):
        both.unwrap(b"another name", wrapped)


@pytest.mark.parametrize("written", [[], [""], ["mk_"], ["mk_short"], ["mk_!" + "A" * 42], [new_master_key() + "AAAA"]])
def test_a_master_key_that_is_none_is_a_wrong_setting_that_is_not_repeated(written: list[str]) -> None:
    with pytest.raises(SettingsError, match="BOT_MASTER_KEYS") as error:
        MasterKeys(written)
    assert "short" not in str(error.value)


def test_the_master_key_of_an_embedded_database_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "master.key"
    made = kept_in(file)
    assert kept_in(file) == made
    assert file.stat().st_mode & 0o777 == 0o600
    MasterKeys(made)
