"""The backend's key as the add-on keeps, shows and refuses it: key files, pasted keys and their errors."""

from pathlib import Path

import pytest
from any_to_3d.blender_addon.connection.backend_keys import (
    KeyFileUnusable,
    ShownKeys,
    accept_key,
    keys_to_connect,
    shown_keys,
)
from any_to_3d.blender_addon.errors import OfferedKey, trouble_of_error
from any_to_3d.shared.client import CurveKeys
from any_to_3d.shared.fingerprint import fingerprint
from any_to_3d.shared.key_files import replace_key_file
from any_to_3d.shared.known_backends import FILE, BackendKeyChanged, KnownBackends

ONE, OTHER, OWN, SECRET = "A" * 40, "B" * 40, "C" * 40, "D" * 40
ADDRESS = "tcp://render-box:7343"


def key_file(folder: Path, backend: str) -> Path:
    """A client's; without the backend's key if that is empty."""
    named = [("server_public", backend)] if backend else []
    replace_key_file(folder / "client.key", [*named, ("client_public", OWN), ("client_secret", SECRET)])
    return folder / "client.key"


def remember(folder: Path, key: str) -> None:
    if key:
        KnownBackends().with_key(ADDRESS, key).write(folder / FILE)


CONNECTS = [
    # named in the file, remembered, pasted -> used
    (ONE, "", "", ONE),
    (ONE, ONE, "", ONE),
    (ONE, "", OTHER, ONE),
    ("", ONE, "", ONE),
    ("", "", ONE, ONE),
    ("", "", f" {ONE}\n", ONE),
    ("", ONE, ONE, ONE),
]


@pytest.mark.parametrize(("named", "remembered", "pasted", "used"), CONNECTS)
def test_the_key_that_is_used_is_remembered(
    tmp_path: Path, named: str, remembered: str, pasted: str, used: str
) -> None:
    path = key_file(tmp_path, named)
    remember(tmp_path, remembered)
    assert keys_to_connect(path, ADDRESS, pasted) == CurveKeys(used, OWN, SECRET)
    assert KnownBackends.read(tmp_path / FILE).key_of(ADDRESS) == used


@pytest.mark.parametrize(("named", "pasted"), [(OTHER, ""), ("", OTHER)])
def test_d5_another_key_is_refused_and_its_button_accepts_the_one_that_was_shown(
    tmp_path: Path, named: str, pasted: str
) -> None:
    path = key_file(tmp_path, named)
    remember(tmp_path, ONE)
    with pytest.raises(BackendKeyChanged) as refused:
        keys_to_connect(path, ADDRESS, pasted)
    assert KnownBackends.read(tmp_path / FILE).key_of(ADDRESS) == ONE
    told = trouble_of_error(refused.value, "bad_address")
    assert (told.code, told.fix, told.offered) == ("key_changed", "accept_key", OfferedKey(ADDRESS, OTHER))
    assert fingerprint(ONE) in told.message
    assert fingerprint(OTHER) in told.message
    accept_key(path, ADDRESS, OTHER)
    assert keys_to_connect(path, ADDRESS, pasted).server_public == OTHER


def test_a_key_that_is_pasted_is_of_that_address_only(tmp_path: Path) -> None:
    path = key_file(tmp_path, "")
    keys_to_connect(path, ADDRESS, ONE)
    with pytest.raises(KeyFileUnusable, match=r"key of tcp://other:1 is not known yet.*Backend's key"):
        keys_to_connect(path, "tcp://other:1")


@pytest.mark.parametrize(
    ("contents", "pasted", "known", "sentence"),
    [
        (None, "", "", r"client\.key cannot be read or written: "),
        ("# no keys", ONE, "", "no 40-character client_public and no client_secret"),
        ("no keys", ONE, "", "line 1: needed is 'name = "),
        (f'client_public = "{OWN}"\nclient_secret = "{SECRET}"', "short", "", "'short' is no backend's public key"),
        (f'client_public = "{OWN}"\nclient_secret = "{SECRET}"', "", "render-box:7343 short", "line 1: needed is"),
    ],
)
def test_files_that_cannot_be_used_are_named_and_lead_to_the_preferences(
    tmp_path: Path, contents: str | None, pasted: str, known: str, sentence: str
) -> None:
    if contents is not None:
        (tmp_path / "client.key").write_text(contents)
    (tmp_path / FILE).write_text(known)
    with pytest.raises(KeyFileUnusable, match=sentence) as refused:
        keys_to_connect(tmp_path / "client.key", ADDRESS, pasted)
    told = trouble_of_error(refused.value, "bad_address")
    assert (told.code, told.fix) == ("bad_key_file", "open_preferences")


SHOWN = [
    # named in the file, remembered -> shown
    (ONE, "", ShownKeys(fingerprint(OWN), fingerprint(ONE))),
    (OTHER, ONE, ShownKeys(fingerprint(OWN), fingerprint(ONE))),
    ("", ONE, ShownKeys(fingerprint(OWN), fingerprint(ONE), is_pasted=True)),
    ("", "", ShownKeys(fingerprint(OWN), "", is_pasted=True)),
]


@pytest.mark.parametrize(("named", "remembered", "shown"), SHOWN)
def test_what_is_shown_is_what_is_trusted_and_looking_remembers_nothing(
    tmp_path: Path, named: str, remembered: str, shown: ShownKeys
) -> None:
    path = key_file(tmp_path, named)
    remember(tmp_path, remembered)
    assert shown_keys(path, ADDRESS) == shown
    assert KnownBackends.read(tmp_path / FILE).key_of(ADDRESS) == (remembered or None)


def test_a_key_file_that_is_not_there_is_shown_as_that(tmp_path: Path) -> None:
    assert "cannot be read" in shown_keys(tmp_path / "client.key", ADDRESS).problem
