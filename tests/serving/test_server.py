"""Running an ASGI application."""

import socket

import pytest

from gateway.serving.server import listen


def test_answers_are_sent_at_once():
    """What is accepted on the socket sends small pieces without waiting for one another."""
    with listen("127.0.0.1", 0) as opened:
        assert opened.proto == socket.IPPROTO_TCP


def test_a_taken_port_is_told():
    """A second server on one port does not start."""
    with listen("127.0.0.1", 0) as opened:
        opened.listen()
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", opened.getsockname()[1])
