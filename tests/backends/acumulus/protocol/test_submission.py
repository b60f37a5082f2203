"""What is handed in, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from lxml import etree

from gateway.backends.acumulus import protocol
from gateway.backends.acumulus.protocol.failures import Origin
from gateway.backends.acumulus.protocol.submission import receipt, submission
from gateway.backends.acumulus.settings import AcumulusSettings
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
    RejectedBySystem,
)
from gateway.domain.faults import FaultCode, NoticeCode
from gateway.domain.secret import Secret
from gateway.ports import Answer

SAMPLES = Path(__file__).parents[3] / "samples" / "acumulus"
ORIGIN = Origin("wholesale", datetime(2026, 11, 21, tzinfo=UTC))
LOGIN = AcumulusSettings(Secret("123456"), Secret("koppelaar"), Secret("zeer\\geheim"))
SENT = submission(
    {
        "contactname1": "Voorbeeld & Zonen",
        "contactemail": "jan@example.com,an@example.com",
        "contactmark": "x",
    },
    {"contactmark": "label"},
    key="1234001",
    credentials=(Secret("123456"), Secret("koppelaar"), Secret("zeer\\geheim")),
)
OK = "<contact><contactid>1234001</contactid><contactproc>updated</contactproc></contact>"


def answer(content: str = OK, *, status: int = 0, http: int = 200, errors: str = "", warnings: str = ""):
    body = (
        f"<response>{content}<errors>{errors}</errors><warnings>{warnings}</warnings>"
        f"<status>{status}</status></response>"
    )
    return Answer(http, {"content-type": "text/xml"}, body.encode())


def remark(kind: str, message: str, code: str = "400 Bad Request") -> str:
    return f"<{kind}><code>{code}</code><codetag>T1</codetag><message>{message}</message></{kind}>"


def refusal(*messages: str, code: str = "400 Bad Request") -> RejectedBySystem:
    errors = "".join(remark("error", message, code) for message in messages)
    with pytest.raises(RejectedBySystem) as caught:
        receipt(answer("", status=1, http=400, errors=errors), ORIGIN, sent=SENT)
    return caught.value


def test_a_write_is_sent_in_full():
    """Key and flag, nodes in their order, testmode, and backslashes as references."""
    sent = submission({"contactname1": "A\\B", "contactfax": ""}, {}, key="7")
    call = protocol.manage(LOGIN, sent.nodes, testing=False)

    xml = parse_qs(call.body.decode(), strict_parsing=True)["xmlstring"][0]
    root = etree.fromstring(xml.encode())
    assert (call.method, call.path, call.safe) == ("POST", "/contacts/contact_manage.php", False)
    assert [(node.tag, node.text or "") for node in root.find("contact")] == [
        ("contactid", "7"),
        ("overwriteifexists", "1"),
        ("contactname1", "A\\B"),
        ("contactfax", ""),
    ]
    assert root.findtext("testmode") == "0"
    assert "\\" not in xml
    assert protocol.manage(LOGIN, sent.nodes, testing=True).body != call.body


def test_a_new_contact_has_no_key_and_no_flag():
    """Without a contactid there is nothing to overwrite."""
    assert list(submission({"contactname1": "A"}, {}).nodes) == ["contactname1"]


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\ud800b", "a\uffffb"])
def test_nothing_of_a_write_is_replaced(text: str):
    """What XML cannot carry is a fault of the caller's, not something to be mended in silence."""
    with pytest.raises(ValueError, match=r".+"):
        protocol.manage(LOGIN, {"contactname1": text}, testing=False)


def test_what_is_shown_is_what_is_sent_without_the_login():
    """Every node is there but for the contract's block."""
    shown = etree.fromstring(SENT.request().body.encode())
    call = protocol.manage(LOGIN, SENT.nodes, testing=False)
    sent = etree.fromstring(parse_qs(call.body.decode())["xmlstring"][0].encode())

    assert [node.tag for node in sent if node.tag != "contract"] == [node.tag for node in shown]
    assert [(node.tag, node.text) for node in shown.find("contact")] == [
        (node.tag, node.text) for node in sent.find("contact")
    ]
    assert not any(secret in SENT.request().body for secret in ("123456", "koppelaar", "geheim"))
    assert "geheim" not in repr(SENT)


@pytest.mark.parametrize(
    ("name", "proc", "key"),
    [
        ("manage_add_response.xml", "added", "1234009"),
        ("manage_update_response.xml", "updated", "1234001"),
        ("manage_unchanged_response.xml", "unchanged", "1234001"),
        ("manage_testmode_response.xml", "testmode", "1234001"),
    ],
)
def test_documented_answers(name: str, proc: str, key: str):
    """The word of what was done and the contact's id come out of the sample answers."""
    found = receipt(Answer(200, {}, (SAMPLES / name).read_bytes()), ORIGIN, sent=SENT)

    assert (found.proc, found.notices) == (proc, ())
    assert found.key.isdigit()
    assert found.key == key or proc == "added"


def test_a_warning_names_its_field():
    """A value of the caller's that was replaced is told as that, another node's warning as a warning."""
    body = (SAMPLES / "manage_warning_response.xml").read_bytes()
    own = submission({}, {"contactvattype": "invoicing.vatTreatment"}, key="1234001")

    mine = receipt(Answer(200, {}, body), ORIGIN, sent=own).notices
    other = receipt(Answer(200, {}, body), ORIGIN, sent=SENT).notices

    assert [(each.code, each.path) for each in mine] == [
        (NoticeCode.VALUE_REPLACED, "invoicing.vatTreatment")
    ]
    assert [each.code for each in other] == [NoticeCode.SYSTEM_WARNING]
    assert mine[0].message == ("Acumulus: Incorrect contactvattype value used (9). Using default value of 1.")


def test_every_error_becomes_a_fault_at_its_field():
    """Known nodes are named by the field that set them; unknown texts are kept word for word."""
    faults = refusal("Invalid contactmark", "Something unheard of").faults

    assert [(fault.code, fault.path, fault.message) for fault in faults] == [
        (FaultCode.REJECTED_BY_SYSTEM, "label", "Acumulus: Invalid contactmark"),
        (FaultCode.REJECTED_BY_SYSTEM, "", "Acumulus: Something unheard of"),
    ]


@pytest.mark.parametrize(
    "message",
    [
        "Invalid contactname1 (Voorbeeld &amp; Zonen)",
        "Invalid: VOORBEELD",
        "Address an@example.com is not right",
        "No access for koppelaar",
        "The password zeergeheim is not right",
        "",
    ],
)
def test_a_message_repeats_nothing_that_its_reader_did_not_send(message: str):
    """A value that was only copied, or a credential, never comes back out; which node it is does."""
    (fault,) = refusal(message).faults

    assert fault.message.startswith("Acumulus has something against")
    assert fault.path == ("companyName" if "contactname1" in message else "")


def test_a_contact_that_is_gone_is_told_as_such():
    """An update that is refused for its contactid is one of a contact that nobody has."""
    assert [fault.code for fault in refusal("Invalid contactid").faults] == [FaultCode.NOT_FOUND]
    assert [fault.code for fault in refusal("Weg", code="404 Not Found").faults] == [FaultCode.NOT_FOUND]


def test_a_new_contact_is_never_gone():
    """What a refusal of a new contact does not find is something else."""
    refused = answer("", status=1, http=404, errors=remark("error", "Unknown contactid", "404"))

    with pytest.raises(RejectedBySystem) as caught:
        receipt(refused, ORIGIN, sent=submission({"contactname1": "A"}, {}))

    assert [fault.code for fault in caught.value.faults] == [FaultCode.REJECTED_BY_SYSTEM]


def test_a_refusal_without_a_reason_is_one():
    """Status 1 is a refusal whatever else the answer holds."""
    assert [fault.code for fault in refusal().faults] == [FaultCode.REJECTED_BY_SYSTEM]


@pytest.mark.parametrize(
    ("given", "kind", "may_have_landed"),
    [
        pytest.param(answer("", http=200), BadUpstreamAnswer, True, id="no contact"),
        pytest.param(answer(OK, status=3), BackendUnavailable, True, id="exception"),
        pytest.param(
            answer("", status=1, http=403, errors=remark("error", "x", "403")),
            CredentialsRejected,
            False,
            id="403",
        ),
        pytest.param(
            Answer(403, {}, (SAMPLES / "error_403_role_response.xml").read_bytes()),
            CredentialsRejected,
            False,
            id="role",
        ),
        pytest.param(
            answer("", status=1, http=400, errors=remark("error", "x", "429")),
            RateLimited,
            False,
            id="ration",
        ),
        pytest.param(
            answer("", status=1, http=400, errors=remark("error", "x", "500")),
            BackendUnavailable,
            True,
            id="500",
        ),
        pytest.param(
            Answer(200, {"content-type": "text/html"}, b"<html>"), BadUpstreamAnswer, True, id="web page"
        ),
    ],
)
def test_what_is_no_refusal_of_the_write(given: Answer, kind: type[BackendError], may_have_landed: bool):
    """Everything else that goes wrong is its own error, and tells whether the write may have happened."""
    with pytest.raises(kind) as caught:
        receipt(given, ORIGIN, sent=SENT)

    assert caught.value.may_have_landed is may_have_landed
    assert not isinstance(caught.value, RejectedBySystem)
