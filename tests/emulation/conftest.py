"""An emulator with an echo behind it, and a client of it."""

import httpx
import orjson
import pytest

from gateway.emulation.server import Emulator
from gateway.emulation.vocabulary import Reply, Request


class Echo:
    """Satisfies `Emulated`; counts what it answers and how often it was reset."""

    name = "echo"

    def __init__(self) -> None:
        self.answered = 0
        self.resets = 0

    def answer(self, request: Request) -> Reply:
        self.answered += 1
        if request.path == "/empty":
            return Reply(204)
        document = {
            "method": request.method,
            "path": request.path,
            "raw_path": request.raw_path,
            "query": dict(request.query),
            "kind": request.headers.get("content-type"),
            "size": len(request.body),
        }
        return Reply(200, orjson.dumps(document), headers={"X-Echo": "yes"})

    def describe(self, request: Request) -> dict[str, str]:
        return {"call": request.path.strip("/")}

    def reset(self) -> None:
        self.resets += 1

    def state(self) -> dict[str, object]:
        return {"contacts": {"1": {"answered": str(self.answered)}}}


@pytest.fixture
async def emulator():
    async with Emulator(Echo()) as started:
        yield started


@pytest.fixture
async def client(emulator):
    async with httpx.AsyncClient(base_url=emulator.url, timeout=1) as opened:
        yield opened
