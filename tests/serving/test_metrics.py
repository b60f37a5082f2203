"""What Prometheus reads, and who may."""

from dataclasses import replace
from hashlib import sha256

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.domain.administration import Quota
from gateway.domain.errors import BackendUnavailable
from gateway.settings import Scope
from gateway.settings.values import AuthSettings, KeySettings
from tests.fakes import THIN, FakeContacts, backend, contact, thin
from tests.serving.visits import Visited, code_of, visited

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
KEYS = AuthSettings(
    tuple(
        KeySettings(scope.value, sha256(scope.encode()).hexdigest(), scopes=frozenset({scope}))
        for scope in Scope
    )
)


@pytest.fixture
def contacts() -> FakeContacts:
    return FakeContacts([contact("1"), contact("2")])


async def read(site: Visited) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels."""
    answer = await site.browser.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_how_the_books_stand(contacts):
    """Age and size of a book, its state and its ration are those of the moment of asking."""
    quota = Quota(limit=150, remaining=120)
    async with visited(replace(backend(contacts), quota=lambda: quota)) as site:
        before = await read(site)
        assert ("gateway_book_contacts", "shop") not in before
        assert before["gateway_source_state", "shop", "UNAVAILABLE", "moneybird"] == 1
        await site.ask("{ contacts { totalCount } }")
        site.world.clock.move(20)
        after = await read(site)
    assert after["gateway_book_contacts", "shop"] == 2
    assert after["gateway_book_detailed_contacts", "shop"] == 2
    assert after["gateway_book_age_seconds", "shop"] == 20
    assert after["gateway_source_state", "shop", "FRESH", "moneybird"] == 1
    assert ("gateway_source_state", "shop", "UNAVAILABLE", "moneybird") not in after
    assert (after["gateway_ration_left", "shop"], after["gateway_ration_limit", "shop"]) == (120, 150)
    assert after[("gateway_ready",)] == 1


async def test_questions_of_what_is_held():
    """Whatever is asked of what is held is counted by how it was answered: books, details and stand-ins."""
    full = [contact("1"), contact("2")]
    contacts = FakeContacts(full, listed=THIN)
    contacts.row = thin
    async with visited(backend(contacts, system="acumulus")) as site:
        details = "{ contacts { nodes { id attention } } }"
        for _ in range(2):
            await site.ask(details)
        site.world.clock.move(2000)
        contacts.switch.failing["scan"] = contacts.switch.failing["get_many"] = BackendUnavailable("away")
        await site.ask(details)
        found = await read(site)
    results = {key[1:]: value for key, value in found.items() if key[0] == "gateway_cache_questions_total"}
    assert results == {
        ("book", "not held"): 1,
        ("book", "hit"): 1,
        ("book", "expired"): 1,
        ("detail", "not held"): 2,
        ("detail", "hit"): 2,
        ("detail", "expired"): 2,
    }
    assert found["gateway_stale_answers_total", "detail"] == 2
    assert found["gateway_list_sources_total", "shop", "STALE"] == 1
    assert found[("gateway_partial_answers_total",)] == 1


async def test_asked_anew(contacts):
    """Who will have nothing that is held is told apart from what was too old."""
    async with visited(backend(contacts)) as site:
        await site.ask("{ contacts { totalCount } }")
        await site.ask("{ contacts(maxAge: 0) { totalCount } }")
        found = await read(site)
    assert found["gateway_cache_questions_total", "book", "bypassed"] == 1


@pytest.mark.parametrize(
    ("accept", "content_type", "ends"),
    [
        pytest.param(None, "text/plain; version=", "\n", id="none"),
        pytest.param("text/plain;version=0.0.4", "text/plain; version=0.0.4", "\n", id="text"),
        pytest.param(OPENMETRICS, "application/openmetrics-text; version=1.0.0", "# EOF\n", id="openmetrics"),
        pytest.param(
            f"{OPENMETRICS};q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=1.0.0",
            "# EOF\n",
            id="as-prometheus-asks",
        ),
    ],
)
async def test_in_what_form(contacts, accept, content_type, ends):
    """A scraper gets the format that it takes, and the text format when it does not say."""
    async with visited(backend(contacts)) as site:
        headers = {} if accept is None else {"Accept": accept}
        site.browser.headers.pop("accept")
        answer = await site.browser.get("/metrics", headers=headers)
        assert answer.headers["content-type"].startswith(content_type)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text.endswith(ends)
        assert "gateway_ready" in answer.text


async def test_it_is_read_and_not_written(contacts):
    """HEAD gets the headers alone, and any other method but GET is refused."""
    async with visited(backend(contacts)) as site:
        head = await site.browser.head("/metrics")
        assert (head.status_code, head.content) == (200, b"")
        answer = await site.browser.post("/metrics")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        pytest.param(None, 401, "UNAUTHENTICATED", id="no-key"),
        pytest.param("wrong", 401, "UNAUTHENTICATED", id="wrong-key"),
        pytest.param(Scope.READ, 403, "FORBIDDEN", id="read"),
        pytest.param(Scope.WRITE, 403, "FORBIDDEN", id="write"),
        pytest.param(Scope.RAW, 403, "FORBIDDEN", id="raw"),
        pytest.param(Scope.ADMIN, 200, None, id="admin"),
    ],
)
async def test_who_may(contacts, key, status, code):
    """Where keys are configured it takes one with the scope admin."""
    async with visited(backend(contacts), auth=KEYS) as site:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        answer = await site.browser.get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ("gateway_ready" in answer.text) is (status == 200)
        if code:
            assert code_of(answer) == code
