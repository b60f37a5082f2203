"""Writing contacts: rights, rules, and what is asked of the system."""

from dataclasses import replace

import pytest

from gateway.auth import EVERYONE, Scope, Viewer
from gateway.domain.administration import FieldRule
from gateway.domain.changes import Changes
from gateway.domain.contact import ContactKey
from gateway.domain.errors import NotFound
from gateway.domain.faults import Fault, FaultCode, Outcome
from gateway.ports import Written
from gateway.services.contacts import ContactService
from gateway.services.result import Wish
from gateway.services.writing import Writer
from gateway.store import LocalStore, MemoryJournal
from tests.fakes import Clock, FakeContacts, Script, backend
from tests.services.desk import ANN, ANNA, NotedShown, viewer

KEY = ContactKey("shop", "1")
READER = Viewer("reader", frozenset({Scope.READ}))
STRANGER = Viewer("stranger", frozenset({Scope.WRITE}), frozenset({"web"}))
RULES = (
    FieldRule("companyName", readable=True, writable=True, clearable=True),
    FieldRule("customerNumber", readable=True, writable=True),
    FieldRule("emails", readable=True, writable=True, clearable=True),
    FieldRule("address.city", readable=True, writable=True, clearable=True),
    FieldRule("address.countryCode", readable=True, writable=True, clearable=True),
    FieldRule("about", readable=True, note="Only read here."),
)
NAMED = Changes({"companyName": "Anna"})
AT_ONCE = Wish()
SCRIPTS = ("create", "update", "archive", "restore", "delete")
ENDINGS = ("archive", "restore", "delete")


class Shop:
    """A contacts service over one administration whose writes are all scripted."""

    def __init__(self) -> None:
        self.contacts = FakeContacts([ANN])
        self.contacts.scripts = {name: Script(Written(Outcome.UPDATED, ANNA)) for name in SCRIPTS}
        self.backends = {"shop": replace(backend(self.contacts), fields=RULES)}
        self.shown = NotedShown(self.contacts.switch)
        store = LocalStore(MemoryJournal(Clock()))
        self.service = ContactService(
            Writer(self.backends, store, self.shown, Clock()), lambda key: self.contacts.book.get(key.remote)
        )

    def asked(self, name: str) -> list:
        """Return what a script's plan was made for."""
        return self.contacts.scripts[name].switch.asked("plan")

    async def do(self, name: str, who: Viewer = EVERYONE, wish: Wish = AT_ONCE, changes: Changes = NAMED):
        """Carry out a mutation of contact 1."""
        write = getattr(self.service, name)
        if name == "create":
            return await write(viewer(who=who), "shop", changes, wish)
        return await write(viewer(who=who), KEY, *([changes] if name == "update" else []), wish)

    def sent(self) -> bool:
        """Tell whether anything was planned or sent."""
        return any(script.switch.calls for script in self.contacts.scripts.values())


@pytest.fixture
def shop() -> Shop:
    return Shop()


def codes(result) -> list[FaultCode]:
    return [each.code for each in result.faults]


@pytest.mark.parametrize("name", SCRIPTS)
class TestRights:
    """Who may write."""

    async def test_not_seen(self, shop, name):
        """An administration that a viewer may not see is answered like one that is not there."""
        hidden = await shop.do(name, STRANGER)
        del shop.backends["shop"]
        assert hidden == await shop.do(name)
        assert (hidden.outcome, codes(hidden), hidden.administration) == (
            Outcome.REFUSED,
            [FaultCode.NOT_FOUND],
            None,
        )
        assert not shop.sent()

    async def test_not_allowed(self, shop, name):
        """Who may only read is told so, and nothing is asked of the system, not even for a dry run."""
        for wish in (AT_ONCE, Wish(dry_run=True)):
            assert codes(await shop.do(name, READER, wish)) == [FaultCode.FORBIDDEN]
        assert not shop.sent()

    async def test_read_only(self, shop, name):
        """A read-only administration refuses every write, also of who may do everything."""
        made = shop.backends["shop"]
        shop.backends["shop"] = replace(made, administration=replace(made.administration, read_only=True))
        for wish in (AT_ONCE, Wish(dry_run=True)):
            assert codes(await shop.do(name, wish=wish)) == [FaultCode.FORBIDDEN]
        assert not shop.sent()

    async def test_allowed(self, shop, name):
        """Who may write does."""
        assert (await shop.do(name)).outcome is Outcome.UPDATED


class TestCreate:
    """New contacts."""

    async def test_what_is_absent(self, shop):
        """What is null, or blank, is absent in a new contact."""
        given = {"companyName": "Anna", "about": None, "customerNumber": " "}
        await shop.do("create", changes=Changes(given))
        assert shop.asked("create") == [({"companyName": "Anna"},)]

    async def test_everything_that_is_wrong(self, shop):
        """What is wrong everywhere and what the system's rules say come together, once for each field."""
        own = (
            Fault(FaultCode.REQUIRED, "Own.", "customerNumber"),
            Fault(FaultCode.INVALID, "Own.", "emails"),
        )
        seen = []
        shop.contacts.rules = lambda values, before: seen.append((dict(values), before)) or own
        result = await shop.do("create", changes=Changes({"emails": ("no address",), "about": "x"}))
        assert [(each.code, each.path) for each in result.faults] == [
            (FaultCode.INVALID, "emails"),
            (FaultCode.NOT_SUPPORTED_BY_SYSTEM, "about"),
            (FaultCode.REQUIRED, "customerNumber"),
        ]
        assert seen == [({"emails": ("no address",)}, None)]
        assert (result.administration, shop.sent()) == ("shop", False)

    async def test_once_per_key(self, shop):
        """The same values under one key are written once; other values are refused."""
        wish = Wish(idempotency_key="k")
        first = await shop.do("create", wish=wish)
        assert (await shop.do("create", wish=wish)).outcome is first.outcome
        other = await shop.do("create", wish=wish, changes=Changes({"companyName": "Bo"}))
        assert codes(other) == [FaultCode.IDEMPOTENCY_KEY_REUSED]
        assert len(shop.asked("create")) == 1

    async def test_a_number_in_doubt(self, shop):
        """The number of a contact that could not be read after it was made is in doubt."""
        shop.contacts.scripts["create"].written = Written(Outcome.CREATED)
        await shop.do("create", changes=Changes({"customerNumber": "C7"}))
        assert shop.contacts.switch.asked("doubt") == [("shop", None, ("C7",))]


class TestUpdate:
    """Changes of a contact."""

    async def test_absent_null_and_set(self, shop):
        """What is null is cleared, a null group as a whole, and what is absent is not named."""
        changes = Changes({"companyName": None, "address.city": "Delft"}, frozenset({"address"}))
        await shop.do("update", wish=Wish(accept=frozenset({"emails"})), changes=changes)
        values = {"companyName": None, "address.city": "Delft", "address.countryCode": None}
        assert shop.asked("update") == [("1", values, frozenset({"emails"}))]

    async def test_everything_that_is_wrong(self, shop):
        """Everything that can be told without asking is told at once, and nothing is read."""
        changes = Changes({"customerNumber": None, "about": "x", "emails": ("no address",)})
        result = await shop.do("update", changes=changes)
        assert [each.path for each in result.faults] == ["customerNumber", "about", "emails"]
        assert not shop.sent()

    async def test_the_systems_own_rules(self, shop):
        """The system's rules are asked with the contact as it was just read."""
        shop.contacts.scripts["update"].planned = {"before": ANNA}
        seen = []
        fault = Fault(FaultCode.REQUIRED, "Own.", "companyName")
        shop.contacts.rules = lambda values, before: seen.append((dict(values), before)) or (fault,)
        result = await shop.do("update")
        assert (seen, result.faults) == ([({"companyName": "Anna"}, ANNA)], (fault,))
        assert result.contact.value is ANNA

    async def test_an_unknown_contact(self, shop):
        """A contact that is not there is refused at its id."""
        shop.contacts.scripts["update"].switch.failing["plan"] = NotFound("There is no such contact.")
        result = await shop.do("update")
        assert (codes(result), result.faults[0].field) == ([FaultCode.NOT_FOUND], ("id",))


class TestEnds:
    """Archived, brought back, deleted."""

    @pytest.mark.parametrize("name", ENDINGS)
    async def test_what_is_planned(self, shop, name):
        """The system is asked for the end that was meant, with what may be cleared."""
        await shop.do(name, wish=Wish(accept=frozenset({"emails"})))
        assert shop.asked(name) == [("1", frozenset({"emails"}))]
        assert [other for other in ENDINGS if shop.asked(other)] == [name]

    @pytest.mark.parametrize("name", ["restore", "delete"])
    async def test_what_the_system_cannot(self, shop, name):
        """A system that lacks an end says why, in the words of its capabilities."""
        del shop.contacts.scripts[name]
        made = shop.backends["shop"]
        shop.backends["shop"] = replace(made, unsupported={f"contacts.{name}": "Because."})
        result = await shop.do(name)
        assert (codes(result), result.faults[0].message) == ([FaultCode.NOT_SUPPORTED_BY_SYSTEM], "Because.")

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            pytest.param(Written(Outcome.DELETED), [(KEY, None, None)], id="deleted"),
            pytest.param(Written(Outcome.ARCHIVED, ANNA), [(KEY, None, ANNA)], id="archived-instead"),
            pytest.param(Written(Outcome.ARCHIVED), [], id="archived-and-not-read"),
        ],
    )
    async def test_what_is_shown(self, shop, written, kept):
        """Only a contact that was deleted is shown no more."""
        shop.contacts.scripts["delete"].written = written
        assert (await shop.do("delete")).outcome is written.outcome
        assert shop.contacts.switch.asked("keep") == kept
        assert len(shop.contacts.switch.asked("doubt")) == (not kept)
