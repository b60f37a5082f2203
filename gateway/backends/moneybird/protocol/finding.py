"""A question as one call of Moneybird's filter, pure.

Source: Moneybird API v2, contacts, "Filter contacts". Its terms are `key:value`, separated by commas, and
no document says how a value could hold either sign: such a term is left out. Where `query` looks, and
whether all of its words must be found, no document says exactly; so it is given one word, the longest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from gateway.backends.moneybird.wire import PAGE_SIZE
from gateway.domain.question import Question
from gateway.ports import Call

LONGEST = 100
"""Characters of a text that are asked for: a contact that holds the text holds its beginning."""

QUERIED = (
    "emails",
    "customerNumber",
    "bankAccount.number",
    "vatNumber.value",
    "chamberOfCommerce",
    "displayName",
    "lastName",
    "firstName",
    "address.postalCode",
    "address.city",
    "phones",
)
"""Paths that `query` looks at, those first of which few contacts share a value."""


def find_contacts(book: str, question: Question) -> Call | None:
    """Ask for the contacts that a question may mean: the first page; None where nothing of it can be asked.

    Args:
        book: The administration's id.
        question: What is looked for.
    """
    terms = _terms(question)
    asked = {
        "filter": ",".join(f"{key}:{value}" for key, value in terms.items()),
        "query": _word(question),
    }
    if not any(asked.values()):
        return None
    asked |= {"include_archived": "true" if question.with_archived else "", "per_page": str(PAGE_SIZE)}
    query = "&".join(f"{name}={quote(text, safe='')}" for name, text in asked.items() if text)
    return Call("GET", f"/{quote(book, safe='', errors='replace')}/contacts/filter.json?{query}")


def _terms(question: Question) -> dict[str, str]:
    """Return the filter's terms, each key once: what two of the same key mean is not documented."""
    found: dict[str, str] = {}
    for path, text in question.equal:
        if (known := TERMS.get(path)) and (value := known[1](text)):
            found[known[0]] = value
    return found | {AFTER[path]: _moment(moment) for path, moment in question.after if path in AFTER}


def _word(question: Question) -> str:
    """Return the longest word that must stand somewhere in a contact; nothing where there is none."""
    texts = list(question.words) or next(_queried(question), [])
    words = [word for text in texts for word in text.split() if word.isprintable()]
    return max(words, key=len, default="")[:LONGEST]


def _queried(question: Question) -> Iterator[list[str]]:
    """Return the texts looked for at each path that `query` looks at, where a filter does not do better."""
    for path in QUERIED:
        found = [text for at, text in question.texts if at == path]
        found += [text for at, text in question.equal if at == path and path not in TERMS]
        if found:
            yield found


def _name(text: str) -> str:
    """Return a name as a term's value; nothing where the grammar could not tell it from other terms."""
    name = text.strip()
    return name if name.isprintable() and len(name) <= LONGEST and not {",", ":"} & set(name) else ""


def _number(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) <= LONGEST else ""


def _moment(moment: datetime) -> str:
    """Return a moment in whole seconds, rounded down: what lies behind it lies behind this too."""
    told = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return f"{told.isoformat(sep=' ')} UTC"


def _one_of(words: Mapping[str, str]) -> Callable[[str], str]:
    return lambda text: words.get(text, "")


TERMS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "firstName": ("first_name", _name),
    "lastName": ("last_name", _name),
    "invoicing.workflowId": ("invoice_workflow_id", _number),
    "estimates.workflowId": ("estimate_workflow_id", _number),
    "kind": ("contact_type", _one_of({"COMPANY": "company", "PERSON": "private_individual"})),
    "invoicing.deliveryMethod": (
        "delivery_method",
        _one_of({each: each.lower() for each in ("EMAIL", "POST", "MANUAL", "PEPPOL", "SIMPLERINVOICING")}),
    ),
    "trust.trusted": ("trusted_type", _one_of({"true": "trusted", "false": "not_trusted"})),
}
"""Path to the filter's key, and its value as the filter has it; an empty one cannot be asked for."""

AFTER: Mapping[str, str] = {"createdAt": "created_after", "updatedAt": "updated_after"}
