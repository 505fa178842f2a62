"""How operators end that cannot do what they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import pump
from ..errors import Trouble

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


def complain(operator: bpy.types.Operator, trouble: Trouble) -> Result:
    """End an operator with an error: in the panel, and where there is none, for the script that called it."""
    pump.link().complain(trouble)
    pump.redraw()
    # Without a window there is no panel to read; as a report it becomes the script's exception.
    operator.report({"ERROR" if bpy.app.background else "WARNING"}, trouble.message)
    return {"CANCELLED"}
