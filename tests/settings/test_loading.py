"""A file and an environment become settings, or one error that lists everything wrong."""

from pathlib import Path

import pytest

from gateway import settings
from gateway.backends import built_in
from gateway.domain.administration import Administration
from gateway.domain.secret import Secret
from gateway.settings import Ages, Hydrate
from tests.settings.shopkeeper import CANARY, READERS, SHOP, Shop, shop_of

KEYS = 'system = "shopkeeper"\nbook = "7"\ntoken = "t"\n'
BAD_SLUG = (
    "administrations[0].slug: is no short name; "
    "take 1 to 63 lower-case letters, digits and hyphens, a letter or digit first"
)

NO_DIGEST = (
    "auth.keys[0].sha256: is no SHA-256 digest of 64 hexadecimal digits; "
    "take the lines that `gateway key new` prints"
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("server.host", "127.0.0.1", id="host"),
        pytest.param("server.port", 8000, id="port"),
        pytest.param("server.grace", 30, id="grace"),
        pytest.param("server.workers", 1, id="workers"),
        pytest.param("graphql.introspection", True, id="introspection"),
        pytest.param("graphql.graphiql", True, id="graphiql"),
        pytest.param("graphql.deadline", 20, id="deadline"),
        pytest.param("cache.url", Secret("memory://"), id="cache-url"),
        pytest.param("cache.is_shared", False, id="not-shared"),
        pytest.param("cache.preload", True, id="preload"),
        pytest.param("cache.hydrate", Hydrate.BACKGROUND, id="hydrate"),
        pytest.param("cache.directory", None, id="directory-without-a-home"),
        pytest.param("cache.is_directory_named", False, id="directory-is-not-named"),
        pytest.param("cache.key", None, id="key"),
        pytest.param("cache.saves", True, id="saves"),
        pytest.param("cache.contacts", Ages(30, 300, 86400), id="contacts"),
        pytest.param("cache.details", Ages(900, 300, 86400), id="details"),
        pytest.param("cache.charges", Ages(30, 300, 86400), id="charges"),
        pytest.param("cache.mandates", Ages(30, 300, 86400), id="mandates"),
        pytest.param("cache.choices", Ages(900, 300, 86400), id="choices"),
    ],
)
def test_what_is_not_said_has_its_documented_default(load, name, expected):
    """A file with one administration leaves every other key at its default, as the bare values have it."""
    section, _, key = name.partition(".")
    assert getattr(getattr(load(SHOP), section), key) == expected
    assert getattr(getattr(settings.Settings(), section), key) == expected


def test_a_book_may_be_kept_warm(load):
    """An administration says itself after how many seconds it is renewed though nobody asks."""
    assert load(SHOP).administrations[0].refresh == 0
    assert load(SHOP + "refresh = 90\n").administrations[0].refresh == 90
    with pytest.raises(settings.SettingsError, match="refresh"):
        load(SHOP + "refresh = -1\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("directory = ''", False, id="empty"),
        pytest.param("directory = 'none'", True, id="none"),
        pytest.param("directory = 'kept'", True, id="named"),
    ],
)
def test_a_directory_is_named_by_its_owner_alone(load, text, expected):
    """An empty text names nothing, so that the default is not demanded."""
    assert load(f"[cache]\n{text}\n" + SHOP).cache.is_directory_named is expected


def test_every_honoured_key_is_read(load):
    """What the file says is what the settings hold."""
    loaded = load(
        '[server]\nhost = "::1"\nport = 0\ngrace = 1.5\n'
        "[graphql]\nintrospection = false\ngraphiql = false\ndeadline = 5\n"
        '[cache]\nurl = "memory://"\npreload = false\nhydrate = "demand"\n'
        'directory = "/var/lib/gateway"\nkey = "a long word"\n'
        "fresh = 1\nrevalidate = 2\nstale = 3\n"
        "[cache.kinds.details]\nrevalidate = 20\n[cache.kinds.charges]\nfresh = 10\nstale = 30\n"
        "[cache.kinds.mandates]\n[cache.kinds.choices]\nfresh = 4\n" + SHOP
    )
    assert loaded.server == settings.ServerSettings("::1", 0, 1.5)
    assert loaded.graphql == settings.GraphQLSettings(False, False, 5)
    assert loaded.cache == settings.CacheSettings(
        preload=False,
        hydrate=Hydrate.DEMAND,
        directory=Path("/var/lib/gateway"),
        is_directory_named=True,
        key=Secret("a long word"),
        contacts=Ages(1, 2, 3),
        details=Ages(900, 20, 3),
        charges=Ages(10, 2, 30),
        mandates=Ages(1, 2, 3),
        choices=Ages(4, 2, 3),
    )


@pytest.mark.parametrize(
    ("line", "environ", "expected"),
    [
        pytest.param("", {"HOME": "/home/ann"}, "/home/ann/.cache/contacts-gateway", id="home"),
        pytest.param(
            "", {"XDG_CACHE_HOME": "/caches", "HOME": "/home/ann"}, "/caches/contacts-gateway", id="caches"
        ),
        pytest.param(
            "",
            {"XDG_CACHE_HOME": "", "HOME": "/home/ann"},
            "/home/ann/.cache/contacts-gateway",
            id="no-caches",
        ),
        pytest.param("", {"HOME": ""}, None, id="no-home"),
        pytest.param(
            'directory = ""', {"HOME": "/home/ann"}, "/home/ann/.cache/contacts-gateway", id="empty"
        ),
        pytest.param('directory = "none"', {"HOME": "/home/ann"}, None, id="none"),
        pytest.param('directory = "/var/x"', {"XDG_CACHE_HOME": "/caches"}, "/var/x", id="absolute"),
        pytest.param('directory = "env:WHERE"', {"WHERE": "/mnt/x", "HOME": "/h"}, "/mnt/x", id="elsewhere"),
        pytest.param('directory = "env:WHERE"', {"WHERE": "none", "HOME": "/h"}, None, id="none-elsewhere"),
    ],
)
def test_what_outlives_the_process_has_a_directory(load, line, environ, expected):
    """The one that is said, else the user's own for caches; "none", or without a home, there is none."""
    loaded = load(f"[cache]\n{line}\n" + SHOP, **environ)
    assert loaded.cache.directory == (Path(expected) if expected else None)


def test_a_directory_is_relative_to_its_file(load, tmp_path):
    """A relative name starts where the configuration file stands, and nothing is made of it yet."""
    (tmp_path / "elsewhere").mkdir()
    named = tmp_path / "elsewhere" / "my.toml"
    named.write_text('[cache]\ndirectory = "kept/here"\n' + SHOP)
    assert load(path=named, HOME="/home/ann").cache.directory == tmp_path / "elsewhere" / "kept" / "here"
    assert [path.name for path in named.parent.iterdir()] == ["my.toml"]


def test_without_a_file_the_directory_is_the_users(load):
    """Who configures by environment alone has the user's own directory for caches."""
    loaded = load(SHOP_TOKEN="t", SHOP_BOOK="7", HOME="/home/ann")
    assert loaded.cache.directory == Path("/home/ann/.cache/contacts-gateway")


def test_administrations_come_in_the_order_of_the_file(load):
    """Each has its slug, its title (the slug unless said), its system and the system's own keys."""
    loaded = load(
        SHOP + '[[administrations]]\nslug = "2-old"\ntitle = "Oud"\nsystem = "old_ledger"\n'
        'read_only = true\nbook = "8"\ntoken = "u"\nbase_url = "http://localhost:81/x/"\npace = 3\n'
    )
    assert [found.administration for found in loaded.administrations] == [
        Administration("shop", "shop", "shopkeeper", "7", read_only=False),
        Administration("2-old", "Oud", "old_ledger", "8", read_only=True),
    ]
    assert shop_of(loaded, 0) == Shop("7", Secret("t"), "https://shops.example/api", 2.5)
    assert shop_of(loaded, 1) == Shop("8", Secret("u"), "http://localhost:81/x", 3)


def test_ten_faults_give_ten_lines(faults):
    """Everything wrong is told at once, each with where it stands and what to do."""
    lines = faults(
        '[server]\nhost = "0.0.0.0"\nport = 99999\ngrase = 3\n'
        '[graphql]\ndeadline = "soon"\ngraphiql = 1\n'
        '[cache]\nurl = "memcached://localhost/0"\nhydrate = "later"\n'
        f'[limits]\ndepth = 0\n[mail]\n[[auth.keys]]\nname = "web"\nsha256 = "{CANARY}"\n'
        '[[administrations]]\nslug = "Shop"\nsystem = "shopkeeper"\n'
        f'book = "7"\ntoken = "{CANARY}"\npace = 21\n'
    )
    assert lines == [
        "server.port: must be a number within bounds; take one from 0 to 65535",
        "server.grase: unknown key; did you mean grace?",
        "graphql.graphiql: must be true or false; write it without quotes",
        "graphql.deadline: must be a number within bounds; take one from 0.1 to 3600",
        "limits.depth: must be a number within bounds; take one from 1 to 1000",
        "cache.url: unknown kind of cache; use memory://, or write it like redis://HOST:6379/0",
        "cache.hydrate: unknown word; use background or demand",
        BAD_SLUG,
        "administrations[0].pace: must be a number within bounds; take one from 0.5 to 20",
        NO_DIGEST,
        "mail: unknown key; known here: administrations, auth, cache, graphql, limits, log, server",
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            'system = "shopkeeper"\nbook = "7"\ntoken = "t"', "slug: is missing; add it", id="no-slug"
        ),
        pytest.param(
            'slug = ""\nsystem = "shopkeeper"\nbook = "7"\ntoken = "t"', "slug: is empty", id="empty"
        ),
        pytest.param('slug = "a"', "system: is missing; add it", id="no-system"),
        pytest.param(
            'slug = "a"\nsystem = "shopkeper"',
            "system: unknown system; did you mean shopkeeper? known here: old_ledger, shopkeeper",
            id="unknown-system",
        ),
        pytest.param('slug = "a"\nsystem = "shopkeeper"\nbook = "7"', "token: is missing", id="no-secret"),
        pytest.param(
            KEYS + 'slug = "a"\ntokne = 1',
            "tokne: unknown key; did you mean token?",
            id="unknown-key",
        ),
        pytest.param(
            KEYS + 'slug = "a"\nread_only = "yes"',
            "read_only: must be true or false",
            id="no-flag",
        ),
    ],
)
def test_an_administration_is_checked(faults, lines, expected):
    """A faulty section names its place in the file, and the key."""
    (found,) = faults(SHOP + "[[administrations]]\n" + lines)
    assert found.startswith(f"administrations[1].{expected}")


def test_a_slug_belongs_to_one_administration(faults):
    """The second holder of a slug is the faulty one, also where its system is unknown."""
    found = faults(SHOP + SHOP + '[[administrations]]\nslug = "shop"\nsystem = "nobody"\n')
    assert found[:2] == [
        "administrations[1].slug: is that of administrations[0] too; give each its own",
        "administrations[2].slug: is that of administrations[0] too; give each its own",
    ]


@pytest.mark.parametrize(
    "slug",
    [pytest.param("-a", id="hyphen-first"), pytest.param("a" * 64, id="long"), pytest.param("a_b", id="_")],
)
def test_a_slug_is_short_and_plain(faults, slug):
    """1 to 63 lower-case letters, digits and hyphens, a letter or digit first."""
    assert faults(SHOP.replace('"shop"', f'"{slug}"')) == [BAD_SLUG]


def test_the_environment_overrides_the_file(load):
    """GATEWAY_HOST, GATEWAY_PORT, GATEWAY_WORKERS and GATEWAY_CACHE_URL win; empty ones say nothing."""
    text = '[server]\nhost = "::1"\nport = 81\n[cache]\nurl = "redis://x"\n' + SHOP
    assert load(text, GATEWAY_WORKERS="3").server.workers == 3
    loaded = load(text, GATEWAY_HOST="localhost", GATEWAY_PORT="0", GATEWAY_CACHE_URL="memory://")
    assert (loaded.server.host, loaded.server.port) == ("localhost", 0)
    assert (loaded.cache.is_shared, loaded.server.workers) == (False, 1)
    assert load("[server]\nport = 81\n" + SHOP, GATEWAY_PORT="").server.port == 81


def test_a_fault_of_the_environment_names_the_variable(faults):
    """What overrides the file is named as what it is."""
    found = faults(SHOP, GATEWAY_PORT="eighty", GATEWAY_CACHE_URL="http://x")
    assert [line.split(":")[0] for line in found] == ["GATEWAY_PORT", "GATEWAY_CACHE_URL"]


def test_without_a_file_the_environment_makes_administrations(load):
    """One of each system whose variables are all set, by the system's name; the base URL is optional."""
    both = {"SHOP_TOKEN": "t", "SHOP_BOOK": "7", "LEDGER_TOKEN": "u", "LEDGER_BOOK": "8"}
    loaded = load(**both, SHOP_BASE_URL="http://127.0.0.1:9/x")
    assert [found.administration for found in loaded.administrations] == [
        Administration("shopkeeper", "Shopkeeper", "shopkeeper", "7"),
        Administration("old-ledger", "Old Ledger", "old_ledger", "8"),
    ]
    assert shop_of(loaded) == Shop("7", Secret("t"), "http://127.0.0.1:9/x", 2.5)
    assert len(load(SHOP_TOKEN="t", SHOP_BOOK="7", LEDGER_TOKEN="u").administrations) == 1


def test_a_fault_without_a_file_names_the_variable(faults):
    """Who configured by environment is told which variable is wrong."""
    found = faults(SHOP_TOKEN=CANARY, SHOP_BOOK="7", SHOP_BASE_URL="http://x.example")
    assert found[0].startswith("SHOP_BASE_URL: must be https")


def test_with_a_file_the_environment_makes_none(load):
    """A file's administrations are all there are."""
    assert len(load(SHOP, LEDGER_TOKEN="u", LEDGER_BOOK="8").administrations) == 1


def test_nothing_configured_says_what_to_do(faults):
    """Without file and variables the one fault names the ways out."""
    (found,) = faults()
    assert found == (
        "configuration: there is no gateway.toml here, and no system is configured by the environment; "
        "write gateway.toml, or set SHOP_TOKEN and SHOP_BOOK, or LEDGER_TOKEN and LEDGER_BOOK; "
        "gateway demo needs neither"
    )
    (begun,) = faults(SHOP_TOKEN="t", SHOP_BASE_URL="https://x.example")
    assert "or set SHOP_BOOK; " in begun


def test_a_file_without_administrations_is_a_fault(faults):
    """A gateway to nothing is not what anybody meant."""
    assert faults("[server]\n") == ["administrations: none is configured; add a section [[administrations]]"]


@pytest.mark.parametrize("text", [pytest.param("administrations = 5", id="number"), "administrations = [5]"])
def test_administrations_are_sections(faults, text):
    """Anything but [[administrations]] is one fault."""
    expected = "administrations: must be a list of sections; write each as [[administrations]]"
    assert faults(text) == [expected]


def test_the_command_line_wins_over_the_environment_over_the_folder(load, tmp_path):
    """--config, else GATEWAY_CONFIG, else gateway.toml; relative names start at the working directory."""
    for name in ("asked", "named"):
        (tmp_path / f"{name}.toml").write_text(SHOP.replace('"shop"', f'"{name}"'))

    def slug(**arguments):
        return load(SHOP, **arguments).administrations[0].administration.slug

    assert slug(path=Path("asked.toml"), GATEWAY_CONFIG="named.toml") == "asked"
    assert slug(path=tmp_path / "asked.toml") == "asked"
    assert slug(GATEWAY_CONFIG="named.toml") == "named"
    assert slug() == "shop"


def test_a_named_file_must_be_there(faults, tmp_path):
    """Who named a file that cannot be read is told so, whatever else there is."""
    (found,) = faults(SHOP, path=Path("gone.toml"))
    assert found.startswith(f"--config: {tmp_path / 'gone.toml'} cannot be read: No such file")
    (found,) = faults(SHOP, GATEWAY_CONFIG="gone.toml")
    assert found.startswith("GATEWAY_CONFIG: ")


def test_broken_toml_is_one_fault_with_its_place(faults, tmp_path):
    """A syntax error names file, line and column."""
    (found,) = faults(f"[server]\nport = 1\nhost = {CANARY}\n")
    assert found.startswith(str(tmp_path / "gateway.toml"))
    assert "line 3, column 8" in found


def test_a_file_is_utf_8(faults, tmp_path):
    """Another encoding is one fault, and a byte order mark is none."""
    (tmp_path / "gateway.toml").write_bytes("title = 'é'".encode("latin-1"))
    (found,) = faults()
    assert "is not UTF-8 at byte 9" in found
    (tmp_path / "gateway.toml").write_bytes(b"\xef\xbb\xbf[server]\n")
    assert faults()[0].startswith("administrations: none")


def test_settings_show_no_secret(load):
    """Neither credentials nor what a system calls the book come out of a repr."""
    loaded = load(SHOP.replace('"t"', f'"{CANARY}"').replace('"7"', f'"{CANARY}"'))
    assert CANARY not in repr(loaded)
    assert CANARY not in repr(loaded.administrations[0].administration)


def test_a_configuration_at_hand_is_read_without_a_file():
    """`read` takes what a file would have said, and looks at no environment."""
    section = {"slug": "demo", "system": "shopkeeper", "book": "7", "token": "t"}
    loaded = settings.read({"server": {"port": 0}, "administrations": [section]}, READERS)
    assert loaded.server.port == 0
    assert shop_of(loaded) == Shop("7", Secret("t"), "https://shops.example/api", 2.5)
    assert loaded.cache.directory is None
    with pytest.raises(settings.SettingsError, match=r"administrations: none is configured"):
        settings.read({}, READERS)


def test_the_documented_example_is_good(tmp_path):
    """Both systems' sections, as documented, read with the built-in systems and every default spelled out."""
    (tmp_path / "gateway.toml").write_text(
        '[[administrations]]\nslug = "shop-nl"\ntitle = "Shop B.V."\nsystem = "moneybird"\n'
        'administration_id = "123456789012345678"\ntoken = "env:MONEYBIRD_TOKEN"\n'
        'base_url = "https://moneybird.com/api/v2"\ntimeout = 10\nread_only = false\negress = "default"\n'
        '[[administrations]]\nslug = "wholesale"\ntitle = "Wholesale V.O.F."\nsystem = "acumulus"\n'
        'contract_code = "123456"\nusername = "env:ACUMULUS_USERNAME"\npassword = "env:ACUMULUS_PASSWORD"\n'
        'base_url = "https://api.sielsystems.nl/acumulus/stable"\ncalls_at_once = 4\ncalls_per_minute = 600\n'
    )
    environ = dict.fromkeys(["MONEYBIRD_TOKEN", "ACUMULUS_USERNAME", "ACUMULUS_PASSWORD"], CANARY)
    loaded = settings.load(path=None, environ=environ, readers=built_in(), directory=tmp_path)
    assert [found.administration for found in loaded.administrations] == [
        Administration("shop-nl", "Shop B.V.", "moneybird", "123456789012345678"),
        Administration("wholesale", "Wholesale V.O.F.", "acumulus", "123456"),
    ]
    assert CANARY not in repr(loaded)


def test_the_documented_variables_are_enough(tmp_path):
    """The built-in systems can be connected by environment alone."""
    environ = {
        "MONEYBIRD_TOKEN": CANARY,
        "MONEYBIRD_ADMINISTRATION_ID": "1",
        "ACUMULUS_CONTRACT_CODE": "2",
        "ACUMULUS_USERNAME": CANARY,
        "ACUMULUS_PASSWORD": CANARY,
    }
    loaded = settings.load(path=None, environ=environ, readers=built_in(), directory=tmp_path)
    slugs = {found.administration.slug: found.administration.remote_id for found in loaded.administrations}
    assert slugs == {"moneybird": "1", "acumulus": "2"}
