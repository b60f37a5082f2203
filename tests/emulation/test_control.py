"""The control surface over HTTP."""

import httpx
import pytest


async def test_faults_are_added_shown_and_cleared(emulator, client):
    """POST adds to what is active, GET shows it, an empty list clears it."""
    first = await client.post("/_control/faults", json={"kind": "hang", "path": "/users"})
    second = await client.post("/_control/faults", json=[{"kind": "cut", "count": 2}])
    assert first.json() == [{"kind": "hang", "path": "/users"}]
    assert second.json() == [{"kind": "hang", "path": "/users"}, {"kind": "cut", "count": 2}]
    assert (await client.get("/_control/faults")).json() == second.json()
    assert (await client.post("/_control/faults", json=[])).json() == []
    assert emulator.faults.active() == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"{", "body: no JSON", id="no json"),
        pytest.param(b'[{"kind":"hang"},{"kind":"x"}]', "kind: must be one of", id="one of two is bad"),
        pytest.param(b"7", "fault: must be an object", id="no object"),
    ],
)
async def test_a_bad_fault_changes_nothing(emulator, client, body, message):
    """A bad body is 400 with one line of error, and no fault becomes active."""
    answer = await client.post("/_control/faults", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)
    assert emulator.faults.active() == ()


async def test_the_log_is_shown_and_cleared(client):
    """The log holds the system's requests, none of the control calls, and can be emptied."""
    await client.get("/contacts?page=2")
    shown = (await client.get("/_control/log")).json()
    assert shown["count"] == 1
    assert shown["requests"][0]["path"] == "/contacts"
    assert shown["requests"][0]["query"] == "page=2"
    assert (await client.delete("/_control/log")).json() == {"requests": [], "count": 0}


async def test_reset_goes_back_to_the_start(emulator, client):
    """Reset ends faults, empties the log and resets the system."""
    await client.get("/")
    await client.post("/_control/faults", json={"kind": "hang"})
    assert (await client.post("/_control/reset")).json() == {"reset": True}
    assert (emulator.faults.active(), emulator.log.rows(), emulator.emulated.resets) == ((), [], 1)


async def test_the_stored_state_is_shown(client):
    """The state is what the system holds at this moment, and looking at it is no request to the system."""
    await client.get("/")
    assert (await client.get("/_control/state")).json() == {"contacts": {"1": {"answered": "1"}}}
    assert (await client.get("/_control/state")).json() == {"contacts": {"1": {"answered": "1"}}}
    assert (await client.get("/_control/log")).json()["count"] == 1


async def test_no_fault_hits_the_control_surface(client):
    """With every request hanging, the control surface still answers."""
    await client.post("/_control/faults", json={"kind": "hang"})
    assert (await client.get("/_control/faults")).json() == [{"kind": "hang"}]


async def test_a_refusal_is_answered_before_it_begins(client):
    """The call that asks for a refusal gets its answer; the next connect is refused."""
    answer = await client.post("/_control/faults", json={"kind": "refuse", "seconds": 30})
    assert answer.json() == [{"kind": "refuse", "seconds": 30}]
    with pytest.raises(httpx.ConnectError):
        await client.get("/_control/faults")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/_control/nothing", 404, id="unknown path"),
        pytest.param("GET", "/_control/reset", 405, id="wrong method"),
    ],
)
async def test_unknown_control_calls(client, method, path, status):
    """What the control surface does not know is a JSON error."""
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert "error" in answer.json()
