"""Texts, numbers, switches, URLs and tables are checked where they are read."""

import pytest

from tests.settings.shopkeeper import CANARY, SHOP, shop_of


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("server = 5\n", "server: must be a section; write it as [server]", id="no-table"),
        pytest.param(
            "[cache]\nkinds = 5\n", "cache.kinds: must be a section; write it as [cache.kinds]", id="no-kinds"
        ),
        pytest.param(
            "[cache.kinds.detials]\n", "cache.kinds.detials: unknown key; did you mean details?", id="kind"
        ),
        pytest.param(
            "[cache.kinds.details]\nfrsh = 1\n",
            "cache.kinds.details.frsh: unknown key; did you mean fresh?",
            id="key-of-a-kind",
        ),
        pytest.param("[cache]\nurl = 'memcached://'\n", "cache.url: unknown kind of cache", id="cache-url"),
        pytest.param("[cache]\nfresh = -1\n", "cache.fresh: must be a number", id="below-bounds"),
        pytest.param("[cache]\nfresh = nan\n", "cache.fresh: must be a number", id="not-a-number"),
        pytest.param("[cache]\nfresh = inf\n", "cache.fresh: must be a number", id="infinite"),
        pytest.param("[cache]\nfresh = true\n", "cache.fresh: must be a number", id="a-flag-is-no-number"),
        pytest.param("[cache]\ndirectory = 5\n", "cache.directory: must be a text", id="no-directory"),
        pytest.param(
            "[cache]\ndirectory = 'env:NOWHERE'\n", "cache.directory: the environment variable", id="nowhere"
        ),
        pytest.param("[server]\nport = 80.5\n", "server.port: must be a whole number", id="half-a-port"),
        pytest.param("[server]\nhost = 5\n", "server.host: must be a text; put it", id="no-text"),
        pytest.param('[server]\n"a\\nb" = 5\n', 'server."a\\nb": unknown key', id="key-with-a-line-break"),
    ],
)
def test_a_fault_says_where_and_what(faults, text, line):
    """Wrong types, values out of bounds and unknown keys are one line each."""
    (found,) = faults(text + SHOP)
    assert found.startswith(line)


@pytest.mark.parametrize(
    "host",
    [pytest.param(host, id=host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost")],
)
def test_loopback_is_listened_on(load, host):
    """This machine's own addresses need no authentication."""
    assert load(f'[server]\nhost = "{host}"\n' + SHOP).server.host == host


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(host, id=host)
        for host in ("0.0.0.0", "::", "192.168.1.5", "example.com", "localhost.example")
    ],
)
def test_nothing_but_loopback_is_listened_on_without_keys(faults, host):
    """Any address that others can reach is refused, from the file and from the environment."""
    expected = (
        "others could reach it, and no key is asked for; "
        "use 127.0.0.1, or configure [[auth.keys]] or [auth.jwt]"
    )
    assert faults(f'[server]\nhost = "{host}"\n[auth]\nkeys = []\n' + SHOP) == [f"server.host: {expected}"]
    assert faults(SHOP, GATEWAY_HOST=host) == [f"GATEWAY_HOST: {expected}"]


@pytest.mark.parametrize("ending", [pytest.param("\n", id="lf"), pytest.param("\r\n", id="crlf"), ""])
def test_a_text_may_stand_in_a_file(load, tmp_path, ending):
    """`file:` is relative to the configuration file, and its last line break is no part of the text."""
    (tmp_path / "elsewhere" / "secrets").mkdir(parents=True)
    (tmp_path / "elsewhere" / "secrets" / "token").write_bytes(f"{CANARY}{ending}".encode())
    named = tmp_path / "elsewhere" / "my.toml"
    named.write_text(SHOP.replace('"t"', '"file:secrets/token"'))
    assert shop_of(load(path=named)).token.reveal() == CANARY


def test_a_text_may_stand_in_the_environment(load):
    """`env:` names a variable, for any text."""
    loaded = load(
        '[server]\nhost = "env:HOST"\n' + SHOP.replace('"t"', '"env:TOKEN"').replace('"shop"', '"env:SLUG"'),
        HOST="::1",
        TOKEN=CANARY,
        SLUG="from-outside",
    )
    assert loaded.server.host == "::1"
    assert loaded.administrations[0].administration.slug == "from-outside"
    assert shop_of(loaded).token.reveal() == CANARY


def test_a_word_is_no_reference(load):
    """Only a colon makes `env` or `file` point elsewhere."""
    loaded = load(SHOP.replace('"shop"', '"env"').replace('"7"', '"file"'))
    assert loaded.administrations[0].administration.slug == "env"
    assert shop_of(loaded).book == "file"


@pytest.mark.parametrize(
    ("value", "environ", "problem"),
    [
        pytest.param("env:NOWHERE", {}, 'the environment variable "NOWHERE" is not set', id="no-variable"),
        pytest.param("env:BLANK", {"BLANK": ""}, "is empty", id="empty-variable"),
        pytest.param("env:TWO", {"TWO": f"{CANARY}\nb"}, "holds a line break", id="two-lines"),
        pytest.param("file:nowhere", {}, 'the file "nowhere" cannot be read as text', id="no-file"),
        pytest.param("file:.", {}, 'the file "." cannot be read as text', id="a-folder"),
        pytest.param("file:picture", {}, 'the file "picture" cannot be read as text', id="no-text"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_fault(faults, tmp_path, value, environ, problem):
    """What is pointed at must be there, be text, and be one line."""
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00")
    (found,) = faults(SHOP.replace('"t"', f'"{value}"'), **environ)
    assert found.startswith(f"administrations[0].token: {problem}")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        pytest.param("http://shops.example", "must be https, or http to this machine", id="http"),
        pytest.param("ftp://shops.example", "must be https", id="ftp"),
        pytest.param("https://shops.example/?a=b", "must have no query", id="query"),
        pytest.param("https://shops.example/#a", "must have no query", id="fragment"),
        pytest.param(f"https://me:{CANARY}@shops.example", "must hold no credentials", id="credentials"),
        pytest.param("https://[::1", "is no URL", id="half-an-address"),
        pytest.param("https://shops.example:port", "is no URL", id="port"),
        pytest.param("shops.example", "is no URL", id="no-scheme"),
        pytest.param("https://shops example", "is no URL", id="blank"),
    ],
)
def test_a_base_url_is_safe_to_send_credentials_to(faults, url, problem):
    """Only https, or http that stays on this machine."""
    (found,) = faults(SHOP + f'base_url = "{url}"\n')
    assert found.startswith(f"administrations[0].base_url: {problem}")
    assert found.endswith("write it like https://shops.example/api")
