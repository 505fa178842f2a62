"""Where in the scene each job's result goes: to an object of its own at its place, or onto one that is there.

Shapes make an object, once, so that one the artist deletes stays deleted; textures go to the object that was marked.
"""

from __future__ import annotations

from collections.abc import Collection

import bpy

from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..shared.messages import Welcome
from .objects import replacement, retexturing, scene
from .objects.placement import Placement
from .objects.retexturing import Retextures
from .objects.scene import Outcome
from .objects.source_mesh import PreparedSource
from .state import Job, Provenance


class Stage:
    """The places that the artist has asked for, by request, and the objects that get new colours."""

    def __init__(self) -> None:
        self._placements: dict[str, Placement] = {}
        self._placed: set[str] = set()
        self._shown: dict[str, int] = {}
        self._in_vain: set[str] = set()
        self._were_in: dict[int, list[str]] = {}
        self._retextures = Retextures()

    def will_stand(self, request_id: str, placement: Placement) -> None:
        """This request's object is to be made at this place, again if it was before."""
        self._placements[request_id] = placement
        for requests in (self._placed, self._in_vain):
            requests.discard(request_id)
        self._shown.pop(request_id, None)

    def will_stand_again(self, request_id: str, placement: Placement) -> None:
        """This request's object was deleted and is to be made again: in place of the one it was for, or here."""
        known = self._placements.get(request_id)
        if known is not None and known.is_exact:
            # An undo may have taken the mark along.
            old = replacement.find(request_id) or bpy.data.objects.get(known.replaces)
            placement = known if old is not None else placement
        self.will_stand(request_id, placement)

    def will_repaint(self, origin: Provenance, target: bpy.types.Object, source: PreparedSource) -> None:
        """This request's texture is for this object."""
        self._retextures.begin(origin, target, source)

    def accepted(self, origin: Provenance) -> None:
        """The backend has named the job."""
        if origin.retextured:
            self._retextures.accepted(origin)

    def place(self, origin: Provenance) -> None:
        """Create the job's object where the artist asked for it."""
        placement = self._placements.get(origin.request_id)
        if placement is None or origin.request_id in self._placed:
            return
        self._placed.add(origin.request_id)
        if scene.name_of_object(origin) is None:
            scene.create(origin, placement)

    def show(self, origin: Provenance, frame: MeshSnapshot | TextureSnapshot, run: str) -> Outcome:
        """Show what is on the way. run: see scene.show."""
        if isinstance(frame, TextureSnapshot):
            return self._retextures.show(origin, frame)
        return scene.show(origin, frame, run)

    def finish(self, origin: Provenance, result: TexturedMesh, backend: Welcome | None) -> Outcome:
        """Put the result where it belongs; that of a retexture becomes an object only where a place was asked for."""
        if origin.retextured and origin.request_id not in self._placements:
            return self._retextures.finish(origin, result.albedo, backend)
        number = scene.number_of_object(origin)
        outcome = scene.finish(origin, result, backend)
        if outcome is Outcome.SHOWN:
            self._shown[origin.request_id] = number
        return outcome

    def give_back(self, request_ids: Collection[str]) -> None:
        """These requests came to nothing: what they were to replace or to repaint is as before."""
        self._in_vain.update(request_ids)
        replacement.give_back(request_ids)
        self._retextures.give_back(request_ids)

    def undone(self, jobs: Collection[Job], awaited: Collection[str]) -> None:
        """Undo or redo took the scene to another state. jobs: whose objects it may have taken along.

        awaited: requests that something will still be shown of.

        A step that the artist took in mid-job holds the half-grown object. Where the result, there since, is undone,
        nothing of it may stay; of a job that came to nothing, the mesh is kept on purpose.
        """
        self._placed -= {job.origin.request_id for job in jobs}
        scene.link_again(self._were_in)
        self._were_in |= scene.remove_half_grown(self._shown.values())
        replacement.give_back(self._shown.keys() | self._in_vain)
        self._retextures.keep_only(awaited)

    def file_loaded(self) -> None:
        """Objects that had no surface yet belonged to the old file; the new one's say themselves what they wait for."""
        self._placements.clear()
        self._shown.clear()
        self._in_vain.clear()
        self._were_in.clear()
        self._retextures.forget_all()

    def repainted_in_file(self) -> tuple[Provenance, ...]:
        """The jobs whose textures objects of this file wait for."""
        return retexturing.unfinished()
