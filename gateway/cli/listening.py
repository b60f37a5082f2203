"""The socket to serve on."""

from __future__ import annotations

import socket


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to serve on; port 0 is any free one.

    Raises:
        OSError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sends what is written at once; else answers wait 40 ms for one another.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def inherited(number: int) -> socket.socket:
    """Return a socket that `listen` opened in the process that started this one.

    Args:
        number: Its file descriptor.
    """
    found = socket.socket(fileno=number)
    # Not every system tells the protocol of a socket that it hands over.
    return socket.socket(found.family, found.type, socket.IPPROTO_TCP, fileno=found.detach())
