"""Addresses as artists type them."""

import pytest
from any_to_3d.blender_addon.connection.addresses import is_loopback, normalise


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("127.0.0.1:7343", "tcp://127.0.0.1:7343"),
        (" tcp://localhost:80 ", "tcp://localhost:80"),
        ("tcp://[::1]:7343", "tcp://[::1]:7343"),
        ("studio-gpu.local:7343", "tcp://studio-gpu.local:7343"),
    ],
)
def test_an_address_is_brought_into_zeromqs_form(typed, meant):
    assert normalise(typed) == meant


@pytest.mark.parametrize("typed", ["", "127.0.0.1", "http://a:80", "a:0", "a:70000", "a:port"])
def test_an_unreadable_address_is_refused_with_an_example(typed):
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:7343"):
        normalise(typed)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1:1", True), ("localhost:1", True), ("[::1]:1", True), ("10.0.0.2:1", False), ("gpu:1", False)],
)
def test_only_this_computer_needs_no_permission_to_go_online(address, loopback):
    assert is_loopback(address) is loopback
