"""How tests make a call."""

from __future__ import annotations

from gateway.ports import Answer, Call, Client


async def sent(client: Client, call: Call) -> Answer:
    """Make a call and return its answer as it came, whatever its status."""
    return await client.ask(call, _as_it_came)


def _as_it_came(answer: Answer) -> Answer:
    return answer
