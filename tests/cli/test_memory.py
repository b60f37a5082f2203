"""Memory that a large answer took goes back to the machine."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
from gateway.cli.memory import give_back
class Told(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]
mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Told
assert give_back()
bytearray(8_000_000)
before = mallinfo().hblks
kept = bytearray(4_000_000)
print(mallinfo().hblks - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this machine's C library is not glibc")
def test_a_large_block_is_mapped_after_a_larger_one_was_freed():
    """It stands by itself, and leaves no hole among what is kept."""
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert told.stdout == "1\n"
