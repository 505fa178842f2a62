"""What a report says, and that prompts are in it only with consent."""

from any_to_3d.blender_addon import wording
from any_to_3d.blender_addon.connection import licences
from any_to_3d.blender_addon.connection.diagnostics import LOG_LINES, Surroundings, diagnostics
from any_to_3d.blender_addon.errors import trouble
from any_to_3d.blender_addon.state import Job, Provenance, Session
from any_to_3d.shared.messages import DeviceMemory, ModelLicence, Welcome

AROUND = Surroundings("0.1.0", "5.2.0", "3.13.1", "pyzmq 27.3.0", "Linux", "A card")
LICENCES = (
    ModelLicence("2D prior", "OpenRAIL", "commercial use is allowed"),
    ModelLicence("hears sounds", "CC BY-NC-SA", "NO COMMERCIAL USE", True),
)
BACKEND = Welcome(
    "1.3",
    "id",
    "0.9.0",
    "full",
    "cuda:0 (A card)",
    "triton",
    (),
    memory=(DeviceMemory("cuda:0 (A card)", 6144, 24576),),
    licences=LICENCES,
)
SESSION = Session(
    "connected",
    "tcp://127.0.0.1:7343",
    BACKEND,
    (Job(Provenance("r", "My secret Dragon", "xbind", "draft", 7), "running", phase="coarse", step=3, steps=9),),
    trouble("lost", "It failed on 'my secret dragon'."),
)
LOG = [f"line {number}" for number in range(99)] + ["job=1 prompt='My secret dragon'"]


def test_d26_a_report_names_versions_system_graphics_backend_memory_and_error():
    text = diagnostics(AROUND, SESSION, LOG)
    for fact in ("0.1.0", "5.2.0", "3.13.1", "pyzmq 27.3.0", "Linux", "A card", "0.9.0", "triton", "[lost]", "seed 7"):
        assert fact in text
    assert "6.0 of 24.0 GB" in text
    assert "running coarse 3/9" in text


def test_d26_no_prompt_is_in_a_report_without_consent():
    assert "dragon" not in diagnostics(AROUND, SESSION, LOG).lower()
    assert "My secret Dragon" in diagnostics(AROUND, SESSION, LOG, with_prompts=True)


def test_d26_only_the_last_lines_of_the_log_are_in_a_report():
    text = diagnostics(AROUND, SESSION, LOG)
    assert "line 98" in text
    assert f"line {98 - LOG_LINES}" not in text


def test_d26_a_report_without_a_backend_says_so():
    assert "Backend: none" in diagnostics(AROUND, Session(), [])


def test_d3_the_memory_of_several_devices_is_told_with_their_names():
    memory = (*BACKEND.memory, DeviceMemory("cpu", 1024, 2048))
    two = Session(backend=Welcome("1.3", "", "", "", "", "", (), memory=memory))
    assert wording.memory_lines(two) == ["cuda:0 (A card): 6.0 of 24.0 GB free", "cpu: 1.0 of 2.0 GB free"]


def test_d28_licences_are_unread_until_they_are_noted_and_again_when_they_change():
    mark = licences.mark_of(LICENCES)
    assert licences.are_unread(SESSION, "")
    assert not licences.are_unread(SESSION, mark)
    assert licences.are_unread(SESSION, licences.mark_of(LICENCES[:1]))


def test_d28_the_licence_that_forbids_commercial_use_is_told_first():
    assert licences.lines(LICENCES)[0] == "hears sounds: CC BY-NC-SA. NO COMMERCIAL USE."


def test_d28_a_backend_without_published_networks_needs_no_reading():
    assert not licences.are_unread(Session(backend=Welcome("1.3", "", "", "", "", "", ())), "")
