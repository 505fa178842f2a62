"""Commands that ask a backend meet only the one whose key they know."""

from pathlib import Path

import pytest
from any_to_3d.backend.asking import Asking
from any_to_3d.backend.keys import create_keys
from any_to_3d.shared.fingerprint import fingerprint
from any_to_3d.shared.key_files import name_server, read_key_file
from any_to_3d.shared.known_backends import FILE, BackendKeyChanged, KnownBackends

ADDRESS, OTHER = "tcp://127.0.0.1:1", "B" * 40


def test_a_key_that_changed_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    _, client = create_keys(tmp_path)
    (kept,) = read_key_file(client)["server_public"]
    with Asking(ADDRESS, client):
        assert KnownBackends.read(client.with_name(FILE)).key_of(ADDRESS) == kept
    name_server(client, OTHER)
    with pytest.raises(BackendKeyChanged) as refused:
        Asking(ADDRESS, client)
    assert f"{fingerprint(kept)} until now, and this is {fingerprint(OTHER)}" in str(refused.value)
    assert KnownBackends.read(client.with_name(FILE)).key_of(ADDRESS) == kept
