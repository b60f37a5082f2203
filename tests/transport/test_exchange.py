"""One exchange leaves nothing behind."""

import gc
from dataclasses import replace

import httpx

from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Reply
from gateway.ports import Call
from gateway.transport.client import HttpNetwork
from tests.transport.calls import sent
from tests.transport.test_client import LINE
from tests.transport.test_client_faults import Fixed


def responses() -> int:
    """Count the responses of this process, those that wait for the garbage collector too."""
    return sum(isinstance(each, httpx.Response) for each in gc.get_objects())


async def test_an_answer_is_gone_once_it_is_read():
    """Responses do not wait for the garbage collector: one with thousands of headers holds a megabyte."""
    async with Emulator(Fixed(Reply(200, b"{}"))) as emulator:
        client = HttpNetwork().open(replace(LINE, base_url=emulator.url))
        gc.collect()
        gc.disable()
        try:
            before = responses()
            for number in range(5):
                await sent(client, Call("GET", f"/{number}"))
            left = responses() - before
        finally:
            gc.enable()
            await client.close()
    assert left == 0
