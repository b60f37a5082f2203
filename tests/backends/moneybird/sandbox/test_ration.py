"""The ration, by a clock that is told the time."""

from datetime import UTC, datetime, timedelta

from gateway.backends.moneybird.sandbox.ration import Ration

OPENING = datetime(2026, 8, 21, 13, 45, tzinfo=UTC)
RESET = str(int(OPENING.timestamp()) + 300)


class Hand:
    """A clock somebody else moves."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


async def test_the_hundred_and_fifty_first_call_is_refused(opened):
    """150 calls pass, the next is 429 with an epoch to wait for, and a new window begins afresh."""
    clock = Hand(OPENING + timedelta(seconds=100))
    async with opened(contacts=1, ration=True, clock=clock) as client:
        passed = [(await client.get("/contacts/synchronization.json")) for _ in range(150)]
        refused = await client.get("/contacts/synchronization.json")
        clock.at = OPENING + timedelta(seconds=299.9)
        still = await client.get("/users.json")
        clock.at = OPENING + timedelta(seconds=300)
        again = await client.get("/users.json")
    assert {answer.status_code for answer in passed} == {200}
    assert passed[0].headers["ratelimit-requestsremaining"] == "149"
    assert (refused.status_code, refused.json(), refused.headers["retry-after"]) == (
        429,
        "Retry later",
        RESET,
    )
    assert (still.status_code, again.status_code) == (429, 200)
    assert again.headers["ratelimit-requestsremaining"] == "149"


async def test_the_headers_are_as_observed(opened):
    """`RateLimit-Remaining` carries seconds and `RateLimit-Reset` an epoch, on every answer."""
    clock = Hand(OPENING + timedelta(seconds=100))
    async with opened(contacts=1, ration=True, clock=clock) as client:
        answers = [await client.get(path) for path in ("/contacts.json", "/nothing.json")]
    assert [
        {name: value for name, value in answer.headers.items() if name.startswith("ratelimit")}
        for answer in answers
    ] == [
        {
            "ratelimit-limit": "150",
            "ratelimit-remaining": "200",
            "ratelimit-requestsremaining": left,
            "ratelimit-reset": RESET,
        }
        for left in ("149", "148")
    ]
    assert all("retry-after" not in answer.headers for answer in answers)


async def test_calls_without_a_token_count(opened):
    """The ration is by address: a call that is refused for its token uses it up too."""
    async with opened(contacts=1, ration=True) as client:
        answer = await client.get("/contacts.json", headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.headers["ratelimit-requestsremaining"]) == (401, "149")


def test_without_enforcement_nothing_is_refused():
    """With the ration off the headers stand still and no call is refused."""
    ration = Ration(enforced=False)
    standings = [ration.count(OPENING) for _ in range(400)]
    assert not any(standing.refused for standing in standings)
    assert {standing.left for standing in standings} == {149}


def test_reset_gives_a_fresh_ration():
    """After a reset all 150 calls are there again."""
    ration = Ration(enforced=True)
    for _ in range(151):
        last = ration.count(OPENING)
    ration.reset()
    assert (last.refused, last.left) == (True, 0)
    assert not ration.count(OPENING).refused
