"""Everything that can go wrong, as one table: a sentence for a person, what to do, the button that does it. Pure.

Codes of the protocol come from the backend, the others are found on this side. Each is the heading of a section of
``docs/troubleshooting.md``, which the panel's question mark shows; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Union

from ..shared.fingerprint import fingerprint
from ..shared.known_backends import BackendKeyChanged
from ..shared.messages import Problem, ProblemCode

LocalCode = Literal[
    "no_answer",
    "wrong_key",
    "key_changed",
    "bad_key_file",
    "lost",
    "stopped",
    "demo_stopped",
    "start_failed",
    "port_taken",
    "online_denied",
    "bad_address",
    "no_backend",
    "bad_prompt",
    "unsupported_modality",
    "unreadable_file",
    "addon_error",
]
TroubleCode = Union[ProblemCode, LocalCode]

Fix = Literal[
    "start_backend",
    "restart_backend",
    "start_demo",
    "use_free_port",
    "connect",
    "test_connection",
    "accept_key",
    "open_preferences",
    "allow_online",
    "use_fastest_preset",
    "generate_again",
    "clear_unusable",
    "copy_fetch_command",
    "copy_diagnostics",
    "dismiss",
]
"""What the button of an error does; ``dismiss`` is no button but the cross that every error has."""


@dataclass(frozen=True)
class OfferedKey:
    """Another public key than the one that was remembered for this address."""

    address: str
    key: str


@dataclass(frozen=True)
class Trouble:
    """An error as the panel shows it: what happened, what to do, and the button that does it.

    offered: what the button ``accept_key`` accepts, so that it is the key whose fingerprint was shown.
    """

    message: str
    hint: str = ""
    fix: Fix = "dismiss"
    code: TroubleCode = "addon_error"
    offered: OfferedKey | None = None


@dataclass(frozen=True)
class Advice:
    """What the add-on knows about a code by itself; a backend's own words come before it."""

    sentence: str
    hint: str
    fix: Fix


ADVICE: dict[TroubleCode, Advice] = {
    "bad_request": Advice(
        "The backend cannot make this.", "Change what the message names and press Generate again.", "dismiss"
    ),
    "missing_weights": Advice(
        "The backend lacks the files of a network.",
        "Run the command in a terminal where the backend is installed, then generate again.",
        "copy_fetch_command",
    ),
    "out_of_memory": Advice(
        "The device ran out of memory.",
        "Lower the Preset, and close other programs that use the graphics card.",
        "use_fastest_preset",
    ),
    "protocol": Advice(
        "The backend and this add-on do not understand each other.",
        "Update the add-on and the backend to the same release.",
        "open_preferences",
    ),
    "unavailable": Advice("The backend does not have this any more.", "Submit the prompt again.", "generate_again"),
    "internal": Advice(
        "The backend met an error of its own.",
        "Try again, with another seed; if it comes back, report it with Copy Diagnostics.",
        "generate_again",
    ),
    "no_answer": Advice("No backend answers.", "Start one, or check the address and the key file.", "start_backend"),
    "wrong_key": Advice(
        "The backend does not accept the key file.",
        "Use the client.key that belongs to this backend, in the preferences.",
        "open_preferences",
    ),
    "key_changed": Advice(
        "The backend at this address had another key until now.",
        "Somebody may pretend to be it. Ask who runs it for its fingerprint; accept the key only if it is the same.",
        "accept_key",
    ),
    "bad_key_file": Advice(
        "The key file cannot be used.", "Choose another one, or mend it, in the preferences.", "open_preferences"
    ),
    "lost": Advice(
        "The backend stopped answering.",
        "Its jobs go on where they were if it comes back; start it again if it stopped.",
        "restart_backend",
    ),
    "stopped": Advice(
        "The backend ended by itself.",
        "Start it again: it goes on with its jobs from their last checkpoints.",
        "restart_backend",
    ),
    "demo_stopped": Advice(
        "The demo ended by itself.", "Try it again; its jobs are gone, and its objects stay.", "start_demo"
    ),
    "start_failed": Advice(
        "The backend could not be started.",
        "Choose its program in the preferences, which also show how to install one.",
        "open_preferences",
    ),
    "port_taken": Advice(
        "A backend runs at this address already.",
        "Connect to it, or set another port in the preferences.",
        "connect",
    ),
    "online_denied": Advice(
        "That address is another computer, and Blender is not allowed to go online.",
        "Allow Online Access in the system preferences.",
        "allow_online",
    ),
    "bad_address": Advice("The address is not understood.", "Correct it in the preferences.", "open_preferences"),
    "no_backend": Advice("No backend is connected.", "Start one, or connect to one.", "start_backend"),
    "bad_prompt": Advice("The prompt cannot be used.", "Change what the message names.", "dismiss"),
    "unsupported_modality": Advice(
        "This backend does not understand that kind of prompt.",
        "Leave it out, or start a backend that understands it.",
        "clear_unusable",
    ),
    "unreadable_file": Advice(
        "A file of the prompt cannot be used.", "Choose another one, or leave it out.", "clear_unusable"
    ),
    "addon_error": Advice(
        "Any to 3D met an error of its own.", "Please report it with Copy Diagnostics.", "copy_diagnostics"
    ),
}


def trouble(code: TroubleCode, message: str = "", fix: Fix | None = None) -> Trouble:
    """The error of this code, with the table's words for what is not given."""
    advice = ADVICE[code]
    return Trouble(message or advice.sentence, advice.hint, fix or advice.fix, code)


def trouble_of(problem: Problem) -> Trouble:
    """What a backend reports, with its own words first."""
    advice = ADVICE[problem.code]
    return Trouble(problem.message or advice.sentence, problem.hint or advice.hint, advice.fix, problem.code)


class CodedError(ValueError):
    """An error on this side whose class knows its code."""

    code: ClassVar[TroubleCode]


def trouble_of_error(error: ValueError, otherwise: TroubleCode) -> Trouble:
    """What was raised here; ``otherwise`` is the code of an error that knows none."""
    if isinstance(error, BackendKeyChanged):
        return _key_changed(error)
    return trouble(error.code if isinstance(error, CodedError) else otherwise, str(error))


def _key_changed(error: BackendKeyChanged) -> Trouble:
    """In other words than the command line, whose remedy is a command."""
    kept, new = fingerprint(error.kept), fingerprint(error.offered)
    told = trouble("key_changed", f"{error.address} had the key {kept} until now, and this is {new}.")
    return replace(told, offered=OfferedKey(error.address, error.offered))
