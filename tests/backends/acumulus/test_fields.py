"""What Acumulus can tell, as data."""

from __future__ import annotations

import pytest

from gateway.backends.acumulus.fields import (
    DETAIL_ONLY,
    DOUBTFUL,
    FIELDS,
    LISTED,
    MAPPED,
    NOT_MAPPED,
    TOLD_BY,
    UNSUPPORTED,
)
from gateway.backends.acumulus.merge.nodes import BY_PATH
from gateway.backends.acumulus.wire import DOCUMENTED, GET_DOCUMENTED
from gateway.domain.administration import CAPABILITIES, ChoiceKind

NODES = sorted(DOCUMENTED)
PATHS = [rule.path for rule in FIELDS]

INPUTS = (
    "roles companyName department firstName lastName attention salutation label customerNumber website about "
    "emails phones.main phones.second phones.fax vatNumber chamberOfCommerce customFields address.name "
    "address.department address.attention address.line1 address.line2 address.postalCode address.city "
    "address.countryCode address.countryName alternativeAddress.name alternativeAddress.department "
    "alternativeAddress.attention alternativeAddress.line1 alternativeAddress.line2 "
    "alternativeAddress.postalCode alternativeAddress.city alternativeAddress.countryCode "
    "alternativeAddress.countryName bankAccount.number bankAccount.iban bankAccount.bic "
    "bankAccount.description sepaMandate.active sepaMandate.reference sepaMandate.signedOn "
    "sepaMandate.sequence sepaMandate.iban sepaMandate.bic sepaMandate.holder invoicing.deliveryMethod "
    "invoicing.attention invoicing.emails invoicing.attachUbl invoicing.directDebit invoicing.workflowId "
    "invoicing.templateId invoicing.notes invoicing.vatCategory invoicing.vatTreatment invoicing.vatRate "
    "estimates.attention estimates.emails estimates.workflowId peppol.scheme peppol.identifier "
    "booking.costHeadingId booking.costCenterId booking.bankAccountId booking.privateUseRate "
    "booking.entryDescription person.firstName person.lastName person.phone person.email person.department"
)


@pytest.mark.parametrize(
    ("call", "node"), sorted(DOCUMENTED), ids=[f"{c}-{n}" for c, n in sorted(DOCUMENTED)]
)
def test_every_documented_node_is_mapped_or_says_why_not(call: str, node: str):
    """No documented node is forgotten."""
    reasons = (NOT_MAPPED.get(f"{call}/{node}"), NOT_MAPPED.get(node))

    assert any(reasons) or MAPPED.get(node)


def test_no_node_is_both_mapped_and_not():
    """A node of which only one call's meaning is read is named with the other call."""
    assert not set(MAPPED) & set(NOT_MAPPED)
    assert {node for _, node in DOCUMENTED} == set(MAPPED) | {n for n in NOT_MAPPED if "/" not in n}


def test_every_path_has_one_rule():
    """The table holds each path once, every input among them."""
    assert len(PATHS) == len(set(PATHS))
    assert set(INPUTS.split()) <= set(PATHS)


def test_what_is_writable_is_what_a_node_or_the_persons_name_takes():
    """Every input that has a node can be set, and of the others only a new contact's person."""
    writable = {rule.path for rule in FIELDS if rule.writable}

    assert writable == {path for path in INPUTS.split() if path in BY_PATH} | {
        "person.firstName",
        "person.lastName",
    }
    assert not [rule.path for rule in FIELDS if rule.clearable and not rule.writable]


def test_what_is_writable_and_not_clearable():
    """What a default would take the place of cannot be cleared, and its note says so."""
    kept = {rule.path: rule.note for rule in FIELDS if rule.writable and not rule.clearable}

    assert set(kept) == {
        "roles",
        "salutation",
        "address.countryCode",
        "sepaMandate.active",
        "sepaMandate.sequence",
        "invoicing.vatCategory",
        "invoicing.vatTreatment",
        "invoicing.vatRate",
        "person.firstName",
        "person.lastName",
    }
    assert all(kept.values())


def test_paths_of_one_value_name_each_other():
    """The account's number stands at three paths, its BIC at two, and both sides say so."""
    twins = {rule.path: set(rule.same_as) for rule in FIELDS if rule.same_as}

    assert twins == {
        "bankAccount.number": {"bankAccount.iban", "sepaMandate.iban"},
        "bankAccount.iban": {"bankAccount.number", "sepaMandate.iban"},
        "sepaMandate.iban": {"bankAccount.number", "bankAccount.iban"},
        "bankAccount.bic": {"sepaMandate.bic"},
        "sepaMandate.bic": {"bankAccount.bic"},
    }


def test_what_a_node_tells_is_readable():
    """Every path that a node is read into is readable, and what is not readable says why."""
    readable = {rule.path for rule in FIELDS if rule.readable}

    assert {path for paths in MAPPED.values() for path in paths} <= readable
    assert not [rule.path for rule in FIELDS if not rule.readable and not rule.note]


def test_every_path_is_listed_or_needs_the_details():
    """A path that nodes tell is in the list or in the details, and nothing is both."""
    told = {path for paths in MAPPED.values() for path in paths}

    assert told <= LISTED | DETAIL_ONLY
    assert not LISTED & DETAIL_ONLY
    assert {"phones", "persons", "notes", "address.country.name"} <= DETAIL_ONLY


def test_doubt_is_about_what_no_page_shows():
    """A path is in doubt when none of its nodes stands in the public copy of the read call."""
    for path in DOUBTFUL:
        assert not TOLD_BY[path] & set(GET_DOCUMENTED), path


def test_capabilities_that_lack_say_why():
    """Reasons stand for known capabilities only, and what can be read has none."""
    assert set(UNSUPPORTED) <= set(CAPABILITIES)
    assert set(CAPABILITIES) - set(UNSUPPORTED) == {
        "contacts.create",
        "contacts.update",
        "contacts.archive",
        "contacts.restore",
        "persons.read",
        "notes.read",
        "mandate.sepa.read",
        "mandate.sepa.write",
    }
    assert all(reason.endswith(".") for reason in UNSUPPORTED.values())


def test_choices_are_named_where_values_come_from_a_list():
    """Each list of Acumulus belongs to exactly one field."""
    kinds = sorted(rule.choices for rule in FIELDS if rule.choices)

    assert kinds == sorted(
        [
            ChoiceKind.INVOICE_TEMPLATE,
            ChoiceKind.COST_HEADING,
            ChoiceKind.COST_CENTER,
            ChoiceKind.BANK_ACCOUNT,
            ChoiceKind.VAT_CATEGORY,
            ChoiceKind.VAT_TREATMENT,
            ChoiceKind.VAT_RATE,
        ]
    )
