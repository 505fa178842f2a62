"""Keys that are kept from their first use, their fingerprints, and the files that hold them."""

import os
from pathlib import Path

import pytest
from any_to_3d.shared.client import CurveKeys
from any_to_3d.shared.connection_keys import connection_keys
from any_to_3d.shared.fingerprint import fingerprint, is_key
from any_to_3d.shared.key_files import (
    exposure,
    list_exposure,
    name_server,
    read_key_file,
    replace_key_file,
    write_key_file,
)
from any_to_3d.shared.known_backends import FILE, BackendKeyChanged, KnownBackends

ONE, OTHER, OWN, SECRET = "A" * 40, "B" * 40, "C" * 40, "D" * 40
ADDRESS = "tcp://Render-Box:7343"

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of files are POSIX's")


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    """A client's key file that names the backend's key."""
    path = tmp_path / "client.key"
    write_key_file(path, [("server_public", ONE), ("client_public", OWN), ("client_secret", SECRET)])
    return path


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """One that does not."""
    path = tmp_path / "client.key"
    write_key_file(path, [("client_public", OWN), ("client_secret", SECRET)])
    return path


def test_a_fingerprint_is_the_same_everywhere_and_differs_by_one_character() -> None:
    # From the bits of sha256sum, five by five; it begins with f0a2fb.
    assert fingerprint(ONE) == "Y2HF-Q05C-0TCG-EQXP-RYRE-WAYC"
    assert fingerprint(ONE) != fingerprint("A" * 39 + "B")
    assert [len(group) for group in fingerprint(ONE).split("-")] == [4] * 6


def test_what_is_no_key_has_no_fingerprint() -> None:
    for text in ("", "A" * 39, "A" * 41, "A" * 39 + "~", "A" * 39 + "é", "A" * 40 + "\n"):
        assert not is_key(text)
        with pytest.raises(ValueError, match="40 characters of Z85"):
            fingerprint(text)


def test_the_first_key_of_an_address_is_kept(complete: Path) -> None:
    assert connection_keys(complete, ADDRESS) == CurveKeys(ONE, OWN, SECRET)
    assert (complete.with_name(FILE)).read_text() == f"render-box:7343 {ONE}\n"
    assert connection_keys(complete, ADDRESS) == CurveKeys(ONE, OWN, SECRET)


def test_another_key_for_the_address_is_refused_with_both_fingerprints_and_the_way_to_accept_it(complete: Path) -> None:
    connection_keys(complete, ADDRESS)
    replace_key_file(complete, [("server_public", OTHER), ("client_public", OWN), ("client_secret", SECRET)])
    with pytest.raises(BackendKeyChanged) as refused:
        connection_keys(complete, "render-box:7343")
    sentence = str(refused.value)
    assert fingerprint(ONE) in sentence
    assert fingerprint(OTHER) in sentence
    assert f"any-to-3d keys trust render-box:7343 --replace --keys {complete}" in sentence
    known = KnownBackends.read(complete.with_name(FILE))
    assert known.key_of(ADDRESS) == ONE
    known.with_key(ADDRESS, OTHER, replace=True).write(complete.with_name(FILE))
    assert connection_keys(complete, ADDRESS).server_public == OTHER


def test_a_key_that_was_accepted_is_named_by_the_file_too_where_it_names_one(complete: Path) -> None:
    name_server(complete, OTHER)
    assert connection_keys(complete, ADDRESS) == CurveKeys(OTHER, OWN, SECRET)
    assert not exposure(complete)


def test_a_file_that_names_no_server_is_left_alone(alone: Path) -> None:
    before = alone.stat()
    name_server(alone, OTHER)
    assert alone.stat() == before
    assert "server_public" not in read_key_file(alone)


def test_the_same_key_may_serve_at_several_addresses(complete: Path) -> None:
    for address in (ADDRESS, "tcp://10.0.0.7:7343"):
        connection_keys(complete, address)
    assert dict(KnownBackends.read(complete.with_name(FILE)).keys) == {"render-box:7343": ONE, "10.0.0.7:7343": ONE}


def test_a_client_that_made_its_own_keys_needs_the_backends_first(alone: Path) -> None:
    with pytest.raises(ValueError, match=r"key of tcp://Render-Box:7343 is not known: .*'any-to-3d keys trust"):
        connection_keys(alone, ADDRESS)
    KnownBackends().with_key(ADDRESS, ONE).write(alone.with_name(FILE))
    assert connection_keys(alone, ADDRESS) == CurveKeys(ONE, OWN, SECRET)


def test_a_key_file_without_the_clients_pair_is_named(tmp_path: Path) -> None:
    path = tmp_path / "client.key"
    path.write_text(f'client_public = "{OWN}"\nclient_secret = "short"\n')
    with pytest.raises(ValueError, match="no 40-character client_secret"):
        connection_keys(path, ADDRESS)


@pytest.mark.parametrize("line", ["render-box:7343", f"render-box:7343 {ONE} more", "render-box:7343 short"])
def test_a_damaged_line_is_named_and_not_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(f"# a comment\n\nother:1 {ONE}\n{line}\n")
    with pytest.raises(ValueError, match="line 4: needed is 'host:port key'"):
        KnownBackends.read(tmp_path / FILE)


@posix
def test_key_files_are_their_owners_alone_and_others_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    write_key_file(path, [("server_secret", SECRET)])
    assert path.stat().st_mode & 0o777 == 0o600
    assert (exposure(path), list_exposure(path)) == ("", "")
    path.chmod(0o644)
    assert "chmod 600" in exposure(path)
    assert list_exposure(path) == ""
    path.chmod(0o620)
    assert "may add keys" in list_exposure(path)


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "server.clients"
    replace_key_file(path, [("anna", ONE)])
    (tmp_path / "server.clients.part").write_text("")
    with pytest.raises(ValueError, match="is being changed"):
        replace_key_file(path, [("anna", OTHER)])
    assert read_key_file(path) == {"anna": [ONE]}


def test_a_file_that_is_far_too_big_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "video.key"
    path.write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(ValueError, match="larger than any file of keys"):
        read_key_file(path)
