"""The vendor's shapes, as a process has them that has read nothing yet."""

import subprocess
import sys

import msgspec

from gateway.backends.moneybird import wire

SPOILT = """
import msgspec
from gateway.backends.moneybird import wire
for shape in wire.SHAPES:
    shape.__annotations__ = {"nothing": "NoSuchName"}
    msgspec.json.decode(b"{}", type=shape)
print(len(wire.SHAPES))
"""
"""Reads every shape after its annotations were lost: only one that was worked out before can be read."""


def test_shapes_are_worked_out_before_anything_is_read():
    """Threads that read at once find every shape ready: working one out together would end the process."""
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", SPOILT], capture_output=True, text=True, timeout=100, check=False
    )
    assert (ended.stdout.strip(), ended.stderr) == (str(len(wire.SHAPES)), "")


def test_no_shape_is_forgotten():
    """Every shape of the module is one of those."""
    named = {
        each for each in vars(wire).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)
    }
    assert set(wire.SHAPES) == named
