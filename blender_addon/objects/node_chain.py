"""What feeds a socket of a shader: followed past reroutes, and into and out of node groups."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

_MOST_STEPS = 200
"""Of a walk: a file may hold groups that lead nowhere."""


@dataclass(frozen=True)
class Input:
    """An input socket, and the group nodes that one has gone into to find it, the outermost first."""

    socket: bpy.types.NodeSocket
    groups: tuple[bpy.types.Node, ...] = ()


@dataclass(frozen=True)
class Feed:
    """What stands at the end: a node by one of its outputs; none where the input ``end`` has a value of its own."""

    node: bpy.types.Node | None
    output: str
    end: Input

    def input(self, name: str) -> Input | None:
        """An input of the node, in the same groups."""
        inputs = self.node.inputs if self.node else ()
        found = next((each for each in inputs if each.name == name), None)
        return Input(found, self.end.groups) if found is not None else None

    @property
    def color_inputs(self) -> tuple[Input, ...]:
        """The inputs of the node that take colours and are in use."""
        inputs = self.node.inputs if self.node else ()
        return tuple(Input(each, self.end.groups) for each in inputs if each.type == "RGBA" and each.enabled)


def feed_of(place: Input) -> Feed:
    """Follow the links from this input to what computes its value."""
    for _ in range(_MOST_STEPS):
        socket = place.socket
        if not socket.is_linked or not socket.links:
            return Feed(None, "", place)
        link = socket.links[0]
        node, out = link.from_node, link.from_socket
        assert node is not None, "links join nodes"
        assert out is not None, "and their sockets"
        further = _further(node, out, place.groups)
        if further is None:
            return Feed(node, out.name, place)
        place = further
    return Feed(None, "", place)


def _further(node: bpy.types.Node, out: bpy.types.NodeSocket, groups: tuple[bpy.types.Node, ...]) -> Input | None:
    """Where the way goes on at a node that only passes something on; None for one that computes."""
    if node.type == "REROUTE":
        return Input(node.inputs[0], groups)
    if isinstance(node, bpy.types.ShaderNodeGroup) and node.node_tree is not None:
        ends = [each for each in node.node_tree.nodes if isinstance(each, bpy.types.NodeGroupOutput)]
        end = next((each for each in ends if each.is_active_output), None)
        inner = _same(end.inputs, out.identifier) if end is not None else None
        return Input(inner, (*groups, node)) if inner is not None else None
    if node.type == "GROUP_INPUT" and groups:
        outer = _same(groups[-1].inputs, out.identifier)
        return Input(outer, groups[:-1]) if outer is not None else None
    return None


def _same(sockets: bpy.types.NodeInputs, identifier: str) -> bpy.types.NodeSocket | None:
    return next((each for each in sockets if each.identifier == identifier), None)
