"""The socket to serve on."""

import os
import socket

import pytest

from gateway.cli.listening import inherited, listen


def test_answers_are_sent_at_once():
    """What is accepted on the socket sends small pieces without waiting for one another."""
    with listen("127.0.0.1", 0) as opened:
        assert opened.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("host", [pytest.param("127.0.0.1", id="ipv4"), pytest.param("::1", id="ipv6")])
def test_a_socket_that_was_handed_over(host):
    """It is the same one, and what is accepted on it is sent at once as well."""
    with listen(host, 0) as opened, inherited(os.dup(opened.fileno())) as found:
        assert found.getsockname() == opened.getsockname()
        assert (found.family, found.type, found.proto) == (
            opened.family,
            socket.SOCK_STREAM,
            socket.IPPROTO_TCP,
        )


def test_a_taken_port_is_told():
    """A second server on one port does not start."""
    with listen("127.0.0.1", 0) as opened:
        opened.listen()
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", opened.getsockname()[1])
