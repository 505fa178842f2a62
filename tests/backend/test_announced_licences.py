"""The licences that a backend states before its first run."""

from any_to_3d.backend.announced_licences import announced_licences
from any_to_3d.backend.serving import _welcome
from any_to_3d.shared.wire import decode, encode


def test_d28_profile_full_states_the_licence_of_every_network_that_it_reads(tmp_path):
    stated = announced_licences("full", tmp_path)
    assert [licence.licence for licence in stated] == ["MIT", "CreativeML Open RAIL++-M", "MIT (as tagged)"]
    assert "Zero-1-to-3" in stated[2].model
    assert not any(licence.forbids_commercial_use for licence in stated)


def test_d28_imagebind_says_that_it_forbids_commercial_use(tmp_path):
    (tmp_path / "imagebind").mkdir()
    (forbidding,) = (licence for licence in announced_licences("full", tmp_path) if licence.forbids_commercial_use)
    assert "ImageBind" in forbidding.model
    assert "NO COMMERCIAL USE" in forbidding.meaning


def test_d28_the_own_networks_need_no_statement(tmp_path):
    assert announced_licences("builtin", None) == announced_licences("fake", None) == ()


def test_d28_the_licences_travel_in_the_welcome(tmp_path):
    welcome = _welcome("full", tmp_path)
    assert decode(encode(welcome)).licences == announced_licences("full", tmp_path)
