"""What a harmless write shows of contact_manage, and that nothing is believed or stored for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import pytest
from lxml import etree

from gateway.backends.acumulus.adapter import connect
from gateway.backends.acumulus.adapter.probing import MARKS, NOBODY, UNCHANGED
from gateway.backends.acumulus.merge.evidence import Answered, Trial, findings, spellings
from gateway.backends.acumulus.protocol import Managed
from gateway.backends.acumulus.protocol.failures import Remark
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.administration import Administration
from gateway.domain.errors import BackendError, CredentialsRejected
from gateway.domain.secret import Secret
from gateway.emulation.faults import Fault
from gateway.ports import Answer, Call
from tests.backends.acumulus.written import KEY, STORED, everything, opened, writes
from tests.fakes import FakeClient, FakeNetwork
from tests.ports.connected import Connected

LOGIN = AcumulusSettings(Secret("123456"), Secret("koppelaar"), Secret("geheim"))
BOOK = Administration("wholesale", "Wholesale V.O.F.", "acumulus", "123456")
DETAILS = {"contactid": KEY, "contactname1": "Jan", "contactcity": "Delft", "contactmark": "vip"}
ECHO = {"contactid": KEY, "contactmark": MARKS[0], "contactproc": "testmode"}


async def probed(line: Connected) -> tuple[str, ...]:
    """Probe an emulated book."""
    probe = line.backend.book.probe
    assert probe
    return await probe()


def trial(before: Mapping[str, str | None], nodes: Mapping[str, str | None]) -> Trial:
    """Return a trial with the first mark."""
    return Trial(before, MARKS[0], Managed(False, nodes, (), ()))


@pytest.mark.parametrize(
    ("emulated", "told"),
    [
        pytest.param({"manage_answers": "stored"}, Answered.STORED, id="stored"),
        pytest.param({"manage_answers": "submitted"}, Answered.SENT, id="submitted"),
    ],
)
@pytest.mark.parametrize("nodes", ["full", "documented"])
async def test_it_is_told_what_contact_manage_answers(emulated: dict[str, str], told: Answered, nodes: str):
    """Stored values are told from what was sent, one write is made, and the book is as it was."""
    async with opened(nodes=nodes, **emulated) as line:
        before = everything(line)

        lines = await probed(line)

        assert lines[0] == "contactproc said testmode"
        assert lines[1] == told
        assert lines[-1] == UNCHANGED
        assert writes(line) == 1
        assert everything(line) == before


async def test_doubtful_fields_that_only_contact_manage_answers():
    """They are named where its answer is stored values, with those that are empty apart."""
    async with opened({**STORED, "contactsepamandatenr": ""}, nodes="documented") as line:
        lines = await probed(line)
    found = {words: set(words.partition(": ")[2].split(", ")) for words in lines}
    valued = next(names for words, names in found.items() if "with a value" in words)
    empty = next(names for words, names in found.items() if "as empty" in words)
    assert {"contacttelephone2", "contactabout", "contactsepamandatedate", "contactvattype"} <= valued
    assert empty == {"contactsepamandatenr"}


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        pytest.param("real", "answers line breaks as real ones", id="real"),
        pytest.param("escaped", "answers line breaks as the two characters", id="escaped"),
    ],
)
async def test_line_breaks(breaks: str, words: str):
    """How they come back is told of either call."""
    async with opened(breaks=breaks) as line:
        lines = await probed(line)
    assert [text.split()[0] for text in lines if words in text] == ["contact_get", "contact_manage"]


async def test_the_contact_that_shows_most_is_taken():
    """One with a label, notes and line breaks is preferred to the first of the list."""
    plain = {**STORED, "contactmark": "", "contactabout": "", "contactinvoicenotes": ""}
    async with opened(plain) as line:
        line.book.put({"contactid": "1234002", **STORED})
        lines = await probed(line)
    assert "contact_get answers line breaks as real ones" in lines


async def test_an_empty_book():
    """Without a contact nothing is written, and nothing is concluded."""
    client = FakeClient(lambda call: Answer(200, {}, _xml("<contacts></contacts>")))
    assert await _probed(client) == (NOBODY,)
    assert len(client.sent) == 1


async def test_no_value_of_the_contact_is_told():
    """The lines hold words of ours and the vendor's, and nothing that stands in the contact."""
    async with opened() as line:
        told = " ".join(await probed(line))
    values = {text for text in STORED.values() if len(text) > 3}
    assert [text for text in values if text in told] == []


async def test_a_contact_that_has_the_label_is_sent_another():
    """What is sent always differs from what is stored."""
    async with opened({**STORED, "contactmark": MARKS[0]}) as line:
        lines = await probed(line)
        sent = line.book.contact(int(KEY))["contactmark"]
    assert lines[1] == Answered.STORED
    assert sent == MARKS[0]


@pytest.mark.parametrize("path", ["contacts_list", "contact_get", "contact_manage"])
async def test_a_call_that_fails(path: str):
    """The failure is raised, and nothing was stored."""
    async with opened() as line:
        before = everything(line)
        line.emulator.faults.add(Fault(kind="status", status=500, path=path))
        with pytest.raises(BackendError):
            await probed(line)
        assert everything(line) == before


async def test_a_role_without_the_right_to_read():
    """Who may only write is told so, and writes nothing."""
    async with opened(role="API-invoerder") as line:
        with pytest.raises(CredentialsRejected):
            await probed(line)
        assert writes(line) == 0


def _xml(content: str) -> bytes:
    return f"<response>{content}<status>0</status></response>".encode()


def _contact(nodes: Mapping[str, str]) -> bytes:
    return _xml(
        "<contact>" + "".join(f"<{name}>{text}</{name}>" for name, text in nodes.items()) + "</contact>"
    )


async def _probed(client: FakeClient) -> tuple[str, ...]:
    async with connect(LOGIN, BOOK, FakeNetwork(client=client)) as backend:
        assert backend.book.probe
        return await backend.book.probe()


def account(
    answer: bytes, after: Callable[[], Answer] = lambda: Answer(200, {}, _contact(DETAILS))
) -> FakeClient:
    """Return an account of one contact: what its contact_manage answers, and contact_get after that."""
    written: list[Call] = []

    def answered(call: Call) -> Answer:
        if "contacts_list" in call.path:
            row = f"<contacts><contact><contactid>{KEY}</contactid></contact></contacts>"
            return Answer(200, {}, _xml(row))
        if "contact_manage" in call.path:
            written.append(call)
            return Answer(200, {}, answer)
        return after() if written else Answer(200, {}, _contact(DETAILS))

    return FakeClient(answered)


async def test_two_locks_are_on_the_write():
    """It is sent in test mode and without leave to overwrite, with one node besides the key."""
    client = account(_contact(ECHO))
    await _probed(client)
    (call,) = [call for call in client.sent if "contact_manage" in call.path]
    root = etree.fromstring(parse_qs(call.body.decode())["xmlstring"][0].encode())
    assert root.findtext("testmode") == "1"
    assert {node.tag: node.text for node in root.find("contact")} == {
        "contactid": KEY,
        "overwriteifexists": "0",
        "contactmark": MARKS[0],
    }
    assert not call.safe


@pytest.mark.parametrize(
    ("answer", "after", "words"),
    [
        pytest.param(ECHO, {**DETAILS, "contactmark": MARKS[0]}, "HAS CHANGED.*: contactmark", id="stored"),
        pytest.param(ECHO, {**DETAILS, "contactcity": ""}, "HAS CHANGED.*: contactcity", id="cleared"),
        pytest.param(ECHO, {"contactid": KEY}, "contactcity, contactmark, contactname1", id="emptied"),
        pytest.param({**ECHO, "contactproc": "updated"}, DETAILS, "SAYS THAT IT STORED", id="says-updated"),
        pytest.param({**ECHO, "contactproc": "added"}, DETAILS, "SAYS THAT IT STORED", id="says-added"),
        pytest.param({**ECHO, "contactid": "77"}, DETAILS, "SAYS THAT IT STORED", id="another-contact"),
    ],
)
async def test_a_write_that_was_stored_is_an_alarm(answer: dict[str, str], after: dict[str, str], words: str):
    """Whatever else was found, a contact that changed or is said to have been written is what is told."""
    with pytest.raises(BackendError, match=words) as caught:
        await _probed(account(_contact(answer), lambda: Answer(200, {}, _contact(after))))
    assert caught.value.administration == "wholesale"
    assert MARKS[0] in caught.value.message
    assert "Delft" not in caught.value.message


@pytest.mark.parametrize(
    ("after", "words"),
    [
        pytest.param(Answer(500, {}, b""), "could not be read again", id="away"),
        pytest.param(
            Answer(
                200,
                {},
                b"<response><errors><error><code>404</code></error></errors><status>1</status></response>",
            ),
            "IS GONE",
            id="gone",
        ),
    ],
)
async def test_a_contact_that_cannot_be_read_again_is_an_alarm(after: Answer, words: str):
    """That nothing changed is never said without having been seen."""
    with pytest.raises(BackendError, match=words):
        await _probed(account(_contact(ECHO), lambda: after))


async def test_a_lost_answer_is_looked_into_as_well():
    """The contact is read again although the write failed, and a change is told before the failure."""
    with pytest.raises(BackendError, match="HAS CHANGED"):
        await _probed(account(b"", lambda: Answer(200, {}, _contact({**DETAILS, "contactmark": MARKS[0]}))))
    with pytest.raises(BackendError, match="empty answer"):
        await _probed(account(b""))


@pytest.mark.parametrize(
    ("nodes", "answered"),
    [
        pytest.param({**DETAILS}, Answered.STORED, id="stored"),
        pytest.param({**DETAILS, "contactmark": MARKS[0]}, Answered.MERGED, id="merged"),
        pytest.param(ECHO, Answered.SENT, id="sent"),
        pytest.param({**ECHO, "contactname1": "", "contactcity": " "}, Answered.SENT, id="sent-and-empty"),
        pytest.param({**ECHO, "contacttype": "3", "contactcountrycode": "NL"}, Answered.SENT, id="defaults"),
        pytest.param({**ECHO, "contactcity": "Delft"}, Answered.UNCLEAR, id="half"),
        pytest.param({**DETAILS, "contactcity": "Goes"}, Answered.UNCLEAR, id="otherwise"),
        pytest.param({**DETAILS, "contactmark": "other"}, Answered.UNCLEAR, id="another-mark"),
        pytest.param({"contactproc": "testmode"}, Answered.UNCLEAR, id="nothing"),
    ],
)
def test_what_can_be_concluded(nodes: dict[str, str], answered: Answered):
    """Stored, merged and sent need every node to agree; anything else is said to be unclear."""
    assert trial({**DETAILS, "contacttype": "3", "contactcountrycode": "NL"}, nodes).answered is answered


def test_a_contact_without_values_proves_nothing():
    """Where there is nothing to compare with, an answer that repeats what was sent is no echo."""
    assert trial({"contactid": KEY}, ECHO).answered is Answered.UNCLEAR


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        pytest.param({"contactproc": "testmode"}, "contactproc said testmode", id="documented"),
        pytest.param({"contactproc": "Jan"}, "contactproc said a word that is not documented", id="other"),
        pytest.param({}, "contactproc said nothing", id="none"),
    ],
)
def test_what_contactproc_said(nodes: dict[str, str], words: str):
    """Only a documented word is repeated."""
    assert findings(trial(DETAILS, nodes))[0] == words


def test_a_refusal_is_told_by_its_numbers():
    """A message, which may repeat what was sent, is not."""
    refused = Managed(True, {}, (Remark(400, "X", "Jan is wrong"), Remark(None, "", "")), ())
    first, *_ = findings(Trial(DETAILS, MARKS[0], refused))
    assert first == "contact_manage refused the harmless write (400): nothing can be concluded"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("a\nb", (True, False), id="real"),
        pytest.param("\n a b\n", (False, False), id="around"),
        pytest.param("a\\nb\\tc", (False, True), id="two-characters"),
        pytest.param("a\nb\\nc", (True, True), id="both"),
        pytest.param("C:\\foto\\new", (False, False), id="path"),
        pytest.param("a", (False, False), id="none"),
    ],
)
def test_how_line_breaks_are_spelled(text: str, found: tuple[bool, bool]):
    """Real ones are certain; two characters only count where no backslash stands before anything else."""
    assert spellings({"contactabout": text}) == found
