"""Where what is known is shared, and how many processes that lets serve."""

import pytest

from tests.settings.shopkeeper import CANARY, SHOP


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(url, id=url)
        for url in (
            "redis://localhost",
            "redis://localhost/",
            "redis://10.1.2.3:6380/15",
            "redis://[::1]:6379/0",
            "rediss://cache.example:6379/0",
            "redis://:p%2Fw@cache.example/3",
            "redis://ann:word@cache.example/3",
        )
    ],
)
def test_a_shared_cache(load, url):
    """A host, perhaps with a port, the number of a database, and who asks: nothing more is needed."""
    loaded = load(f'[cache]\nurl = "{url}"\n' + SHOP)
    assert loaded.cache.is_shared
    assert loaded.cache.url.reveal() == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        pytest.param(f"http://{CANARY}", "unknown kind of cache", id="http"),
        pytest.param(f"{CANARY}", "unknown kind of cache", id="a-word"),
        pytest.param("memory://x", "unknown kind of cache", id="memory-elsewhere"),
        pytest.param(f"redis://ann:{CANARY}@", "is no URL", id="no-host"),
        pytest.param(f"redis://:{CANARY}@host:port/0", "is no URL", id="no-port"),
        pytest.param(f"redis://:{CANARY}@host:0/0", "is no URL", id="port-0"),
        pytest.param(f"redis://:{CANARY}@host:70000/0", "is no URL", id="high-port"),
        pytest.param(f"redis://:{CANARY}@ho st/0", "is no URL", id="blank"),
        pytest.param(f"redis://:{CANARY}@[::1/0", "is no URL", id="half-an-address"),
        pytest.param(f"redis://:{CANARY}@host/zero", "must end with the number", id="no-number"),
        pytest.param(f"redis://:{CANARY}@host/0/1", "must end with the number", id="two-numbers"),
        pytest.param(f"redis://:{CANARY}@host/0?db=1", "must have no query", id="query"),
        pytest.param(f"redis://:{CANARY}@host/0#x", "must have no query and no fragment", id="fragment"),
        pytest.param(f"redis://:{CANARY}/x@host/0", "is no URL", id="slash-in-a-password"),
    ],
)
def test_what_names_no_cache_is_a_fault(faults, url, problem):
    """It is one line that names the key, and shows nothing of what may be a password."""
    (found,) = faults(f"[server]\nworkers = 2\n[cache]\nurl = '{url}'\n" + SHOP)
    assert found.startswith(f"cache.url: {problem}")
    assert found.endswith("; use memory://, or write it like redis://HOST:6379/0")
    assert "host" not in found.split(";")[0]


def test_a_password_is_not_shown(load):
    """What is configured can be shown, but for where it is shared."""
    loaded = load(f'[cache]\nurl = "redis://ann:{CANARY}@host/0"\n' + SHOP)
    assert CANARY not in repr(loaded)
    assert CANARY in loaded.cache.url.reveal()


def test_a_url_may_stand_elsewhere(load):
    """A text that points to the environment keeps the password out of the file."""
    loaded = load('[cache]\nurl = "env:CACHE"\n' + SHOP, CACHE="redis://:word@host/0")
    assert loaded.cache.url.reveal() == "redis://:word@host/0"


ALONE = (
    "several workers need a cache that they share, and memory:// is each one's own; "
    "set cache.url to redis://HOST:6379/0, or have one worker"
)


def test_several_workers_share(load, faults):
    """More than one worker is for a cache that they share; what is said where is named."""
    shared = '[cache]\nurl = "redis://localhost"\n' + SHOP
    assert load("[server]\nworkers = 64\n" + shared).server.workers == 64
    assert load("[server]\nworkers = 1\n" + SHOP).server.workers == 1
    assert faults("[server]\nworkers = 2\n" + SHOP) == [f"server.workers: {ALONE}"]
    assert faults(SHOP, GATEWAY_WORKERS="2") == [f"GATEWAY_WORKERS: {ALONE}"]


@pytest.mark.parametrize("many", ["0", "65", "true", '"2"', "1.5"])
def test_workers_are_counted(faults, many):
    """From 1 to 64, in whole numbers."""
    (found,) = faults(f'[server]\nworkers = {many}\n[cache]\nurl = "redis://localhost"\n' + SHOP)
    assert found.startswith("server.workers: must be a")
    assert found.endswith("take one from 1 to 64")
