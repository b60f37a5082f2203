"""Where in an input something is wrong, and what is told of it."""

from datetime import UTC, datetime

import pytest

from gateway.auth import Scope, Viewer
from gateway.domain.contact import ContactStatus
from gateway.domain.faults import Fault, FaultCode
from gateway.schema.user_error import dotted
from gateway.services.result import refused
from tests.fakes import contact
from tests.schema.mutating import CASES, CONTACT, Desk, mutate, schema

ALL = [pytest.param(name, id=name) for name in CASES]


async def error(name: str, fault: Fault, administration: str | None = "shop", **context) -> dict:
    """Return the one error of a mutation that was refused for this."""
    result = refused(fault, administration=administration)
    (found,) = (await mutate(name, Desk(lambda: result), **context))["userErrors"]
    return found


@pytest.mark.parametrize("name", ALL)
async def test_places(name):
    """A path stands below the input's group, a field as it is, the id by the name that the input gives it."""
    case = CASES[name]
    group = [case.group] if case.group else []
    for fault, field, path in (
        (Fault(FaultCode.INVALID, "x", "address.countryCode"), [*group, "address", "countryCode"], True),
        (Fault(FaultCode.INVALID, "x", "label"), [*group, "label"], True),
        (Fault(FaultCode.CONFLICT, "x", field=("ifVersion",)), ["ifVersion"], False),
        (Fault(FaultCode.AMBIGUOUS, "x", field=("id",)), [case.identity], False),
        (Fault(FaultCode.FORBIDDEN, "x"), None, False),
    ):
        found = await error(name, fault)
        assert (found["field"], found["path"]) == (field, fault.path if path else None)


async def test_custom_fields():
    """A custom field is at fault as a member of the list: which one, the message says."""
    found = await error("contactUpdate", Fault(FaultCode.INVALID, "Field 7.", "customFields.7"))
    assert (found["field"], found["path"]) == (["contact", "customFields"], "customFields")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("", None, id="none"),
        pytest.param("label", "label", id="plain"),
        pytest.param("customFields.7.8", "customFields", id="custom"),
        pytest.param("customFieldsX", "customFieldsX", id="alike"),
    ],
)
def test_dotted(path, shown):
    """A path is told as it can be written, null where there is none."""
    assert dotted(path) == shown


async def test_all_that_is_told():
    """Code, message, system, whether and when it may succeed, and who holds the value, are told."""
    fault = Fault(
        FaultCode.TAKEN,
        "Somebody has it.",
        "customerNumber",
        related=(contact("2", "Bakker"), contact("3", "Old", status=ContactStatus.ARCHIVED)),
        retryable=True,
        retry_after=datetime(2026, 11, 21, 10, 5, tzinfo=UTC),
    )
    assert await error("contactUpdate", fault) == {
        "field": ["contact", "customerNumber"],
        "path": "customerNumber",
        "code": "TAKEN",
        "message": "Somebody has it.",
        "system": "MONEYBIRD",
        "retryable": True,
        "retryAfter": "2026-11-21T10:05:00.000Z",
        "related": [{"displayName": "Bakker"}, {"displayName": "Old"}],
    }


@pytest.mark.parametrize("code", list(FaultCode))
async def test_codes(code):
    """Every code of the domain is a word of the schema."""
    assert (await error("contactUpdate", Fault(code, "x", "label")))["code"] == code
    assert code in schema()._schema.type_map["UserErrorCode"].values


@pytest.mark.parametrize(
    ("slug", "system"),
    [
        pytest.param("shop", "MONEYBIRD", id="one"),
        pytest.param("web", "ACUMULUS", id="another"),
        pytest.param("hidden", None, id="not-there"),
        pytest.param(None, None, id="not-known"),
    ],
)
async def test_systems(slug, system):
    """The system is that of the administration, null where there is none for the viewer."""
    assert (await error("contactUpdate", Fault(FaultCode.INVALID, "x"), slug))["system"] == system


async def test_a_system_that_may_not_be_seen():
    """The system of a book that the viewer may not see is not told."""
    viewer = Viewer("x", frozenset({Scope.WRITE}), frozenset({"shop"}))
    found = await error("contactUpdate", Fault(FaultCode.INVALID, "x"), "web", viewer=viewer)
    assert found["system"] is None


async def test_not_found_elsewhere_is_told_in_full():
    """What is not found of a value, such as a workflow, is told with its system and in its own words."""
    fault = Fault(FaultCode.NOT_FOUND, "No such workflow.", "invoicing.workflowId")
    found = await error("contactUpdate", fault)
    assert (found["message"], found["system"]) == ("No such workflow.", "MONEYBIRD")
    assert found["field"] == ["contact", "invoicing", "workflowId"]


async def test_many():
    """All reasons are told, in their order."""
    faults = [Fault(FaultCode.WOULD_CLEAR_FIELDS, "x", path) for path in ("b", "a", "c")]
    result = refused(*faults, administration="shop")
    found = await mutate("contactArchive", Desk(lambda: result), {"id": CONTACT})
    assert [each["path"] for each in found["userErrors"]] == ["b", "a", "c"]
