"""Moneybird's HTTP, pure: calls out, and answers in as JSON bytes or a typed error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from gateway.backends.moneybird.mapping.reading import FAULTS
from gateway.backends.moneybird.protocol import refusals
from gateway.backends.moneybird.wire import ALLOWANCE, NAME, PAGE_SIZE
from gateway.domain.errors import (
    BackendError,
    BackendUnavailable,
    BadUpstreamAnswer,
    CredentialsRejected,
    RateLimited,
    RejectedBySystem,
)
from gateway.domain.waiting import told_moment
from gateway.ports import Answer, Call, Ration

E = TypeVar("E", bound=BackendError)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SUSPECT_ESCAPE = re.compile(rb"\\(?:u(?:[dD][89a-fA-F]|00[01]|007[fF])|[bf])")
ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair of surrogates is a letter
    rb"|(?P<bad>u[dD][89a-fA-F][0-9a-fA-F]{2}|u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]|7[fF])|[bf])"
    rb"|.)",
    re.DOTALL,
)
LINK = re.compile(r"<([^>]*)>([^,<]*)")
NEXT = re.compile(r"""\brel\s*=\s*["']?next\b""")
WRITTEN = frozenset({200, 201, 204})
"""How a write that was carried out is answered."""
ROUNDING = timedelta(seconds=2)
"""By so much two clocks may seem to differ that tell whole seconds."""
UNSETTLED = 3
"""Seconds for which a version may still come to stand for a later change, clocks that differ included."""

ENDLESS_NUMBER = re.compile(rb"[\[:,]\s*-?[0-9]{1000}")


def list_administrations() -> Call:
    """Ask which administrations the token reaches; the one path without an administration's id."""
    return Call("GET", "/administrations.json")


def list_versions(book: str) -> Call:
    """Ask for every contact's id and version, archived ones included.

    `book` is the administration's id, here and below. Source: Moneybird API v2, contacts,
    "List all ids and versions".
    """
    return Call("GET", f"/{_segment(book)}/contacts/synchronization.json?include_archived=true")


def fetch_contacts(book: str, ids: Sequence[str]) -> Call:
    """Ask for the contacts with these ids, a hundred at most; a read in spite of its method.

    Ids go out as text: as numbers they are larger than many JSON tools can hold. Source: Moneybird
    API v2, contacts, "Fetch contacts with given ids".
    """
    return Call(
        "POST",
        f"/{_segment(book)}/contacts/synchronization.json",
        body=msgspec.json.encode({"ids": list(ids)}),
        headers={"Content-Type": "application/json"},
    )


def contact_by_customer_id(book: str, number: str) -> Call:
    """Ask for the contact that is not archived and has this number."""
    return Call("GET", f"/{_segment(book)}/contacts/customer_id/{_segment(number)}.json")


def search_contacts(book: str, text: str) -> Call:
    """Ask for contacts in which this text occurs anywhere, archived ones included: the first page."""
    return Call("GET", f"{_contacts(book)}?query={_segment(text)}&include_archived=true&per_page={PAGE_SIZE}")


def next_page(answer: Answer, asked: Call, *, base_url: str) -> Call | None:
    """Return the call for the list page that an answer names as next, of the same list.

    A link that leads to another origin or path is not followed: the token would go with it.
    Source: Moneybird API v2, pagination, header Link.
    """
    place = asked.path.partition("?")[0]
    home = urlsplit(base_url + place)
    for target, parameters in LINK.findall(answer.headers.get("link", "")):
        if not NEXT.search(parameters):
            continue
        try:
            there = urlsplit(urljoin(home.geturl(), target))
            same = (there.scheme, there.hostname, there.port) == (home.scheme, home.hostname, home.port)
        except ValueError:
            return None
        return replace(asked, path=f"{place}?{there.query}") if same and there.path == home.path else None
    return None


def list_charges(book: str, key: str, *, include_billed: bool) -> Call:
    """Ask for a contact's additional charges."""
    billed = "true" if include_billed else "false"
    return Call(
        "GET",
        f"/{_segment(book)}/contacts/{_segment(key)}/additional_charges.json?include_billed={billed}",
    )


def payments_mandate(book: str, key: str) -> Call:
    """Ask for a contact's Moneybird Payments mandate."""
    return Call("GET", f"/{_segment(book)}/contacts/{_segment(key)}/moneybird_payments_mandate.json")


def reference_list(book: str, name: str) -> Call:
    """Ask for one of the administration's own lists: workflows, users, identities ..."""
    return Call("GET", f"/{_segment(book)}/{name}.json")


def body_of(answer: Answer, *, administration: str, now: datetime) -> bytes:
    """Return the JSON text of a good answer, repaired so that all of its texts can be encoded.

    Args:
        answer: What came.
        administration: Slug for the error.
        now: UTC; a Retry-After in seconds counts from here.

    Raises:
        CredentialsRejected: 401 and 403.
        RateLimited: 429, whatever its body.
        BackendUnavailable: 408 and 5xx.
        BadUpstreamAnswer: any other status, and HTML.
    """
    if answer.status != 200:
        raise _refusal(answer, administration, now)
    return _text_of(answer, administration)


def written_body(answer: Answer, paths: Mapping[str, str], *, administration: str, now: datetime) -> bytes:
    """Return the JSON text of the answer to a write, empty where it has none.

    Args:
        answer: What came.
        paths: Request key to the path of the input that it was set by.
        administration: Slug for the error.
        now: UTC; a Retry-After in seconds counts from here.

    Raises:
        RejectedBySystem: a refusal that gives its reasons.
        CredentialsRejected: 401.
        RateLimited: 429, whatever its body.
        BackendUnavailable: 408 and 5xx.
        BadUpstreamAnswer: any other status, HTML, and a refusal without reasons: somebody on the
            way may have spoken, and the write have been carried out.
    """
    status = answer.status
    if status in WRITTEN:
        if status != 204 and not answer.body.strip():
            # What has nothing to tell is answered with 204: this one lost its body, and may be anybody's.
            raise unreadable(administration)
        return _text_of(answer, administration)
    if 400 <= status < 500 and status not in (401, 408, 429):
        faults = () if _is_page(answer) else refusals.faults_of(_repaired(answer.body), status, paths)
        if faults:
            text = "Moneybird refused the write."
            raise RejectedBySystem(text, faults=faults, system=NAME, administration=administration)
        text = f"Moneybird refused the write and gave no reason (status {status})."
        raise _error(BadUpstreamAnswer, administration, text, retryable=False)
    raise _refusal(answer, administration, now)


def is_missing(answer: Answer) -> bool:
    """Whether an answer says that there is no record with the id: a 404 in Moneybird's own words.

    Any other 404 may come from somebody on the way, and proves nothing.
    """
    return answer.status == 404 and refusals.is_unknown_record(_repaired(answer.body))


def says_none(answer: Answer) -> bool:
    """Whether an answer may be Moneybird's word that there is nothing: a 404, but no web page's."""
    return answer.status == 404 and not _is_page(answer)


def is_bare(answer: Answer, status: int) -> bool:
    """Whether an answer is a status and its number: how the mandate's calls refuse."""
    return answer.status == status and answer.body.strip() == str(status).encode()


def _is_page(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").lower().startswith("text/html")


def _text_of(answer: Answer, administration: str) -> bytes:
    if _is_page(answer):
        raise _error(BadUpstreamAnswer, administration, "Moneybird answered a web page instead of data.")
    body = _repaired(answer.body)
    if ENDLESS_NUMBER.search(body):
        raise unreadable(administration)
    return body


def rows_of(body: bytes, *, administration: str) -> list[msgspec.Raw]:
    """Return the entries of a JSON list, unread.

    Raises:
        BadUpstreamAnswer: it is no list, or not whole.
    """
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except FAULTS as error:
        raise unreadable(administration) from error


def unreadable(administration: str) -> BadUpstreamAnswer:
    """Return the error of an answer that is not what was asked for."""
    return _error(BadUpstreamAnswer, administration, "Moneybird gave an answer that cannot be read.")


def ration(answer: Answer, now: datetime) -> Ration | None:
    """Read what an answer tells of the ration.

    RateLimit-Remaining is documented as a count, but holds the seconds until the reset; the count
    is in RateLimit-RequestsRemaining. Source: Moneybird API v2, throttling, and answers on record.
    """
    told = Ration(
        limit=_count(answer.headers.get("ratelimit-limit")),
        remaining=_count(answer.headers.get("ratelimit-requestsremaining")),
        resets_at=_moment("ratelimit-reset", answer, now),
        retry_after=_moment("retry-after", answer, now) if answer.status == 429 else None,
    )
    return None if told == Ration() else told


def _moment(name: str, answer: Answer, now: datetime) -> datetime | None:
    """Read a moment of a header as our clock will show it."""
    there = _their_now(answer, now)
    told = told_moment(answer.headers.get(name), there)
    return told and told - (there - now)


def _their_now(answer: Answer, now: datetime) -> datetime:
    """Return what Moneybird's clock shows: the moment of its reset, less the seconds until then.

    Only where they are seconds for certain, as a count beside them differs; else, and where the clocks
    differ by less than the rounding, it is what ours shows.
    """
    reset = (answer.headers.get("ratelimit-reset") or "").strip()
    seconds = _count(answer.headers.get("ratelimit-remaining"))
    count = _count(answer.headers.get("ratelimit-requestsremaining"))
    if seconds is None or count is None or seconds in (count, 0) or seconds > ALLOWANCE.seconds:
        return now
    if not re.fullmatch("[0-9]{10}", reset):
        return now
    there = datetime.fromtimestamp(int(reset) - seconds, UTC)
    return there if abs(there - now) > ROUNDING else now


def settled_versions(versions: Mapping[str, str], asked_at: datetime) -> dict[str, str]:
    """Return what a list of versions proves: "" for a contact that changed when it was asked for, or almost.

    A version is a second since 1970: two changes within one share it, and the later would never show.
    Source: Moneybird API v2, contacts: the examples of an update, whose two moments share a version.

    Args:
        versions: Id to version.
        asked_at: When the list was asked for, by the gateway's clock, UTC.
    """
    recent = str(int(asked_at.timestamp()) - UNSETTLED)
    return {
        key: "" if len(version) == len(recent) and version >= recent else version
        for key, version in versions.items()
    }


def _contacts(book: str) -> str:
    return f"/{_segment(book)}/contacts.json"


def _segment(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _refusal(answer: Answer, administration: str, now: datetime) -> BackendError:
    status = answer.status
    later = _moment("retry-after", answer, now)
    if status == 401:
        text = "Moneybird does not accept the token, or the token lacks a right."
        return _error(CredentialsRejected, administration, text)
    if status == 403:
        return _error(CredentialsRejected, administration, "The token lacks a right in Moneybird.")
    if status == 429:
        text = "Moneybird takes no more calls for now."
        return _error(RateLimited, administration, text, retry_after=later)
    if status == 408 or status >= 500:
        text = f"Moneybird failed (status {status})."
        return _error(BackendUnavailable, administration, text, retry_after=later)
    if status >= 400:
        text = f"Moneybird refused to answer (status {status})."
        return _error(BadUpstreamAnswer, administration, text, retryable=False)
    return _error(BadUpstreamAnswer, administration, f"Moneybird answered something else (status {status}).")


def _error(
    kind: type[E],
    administration: str,
    text: str,
    *,
    retryable: bool | None = None,
    retry_after: datetime | None = None,
) -> E:
    return kind(
        text, system=NAME, administration=administration, retryable=retryable, retry_after=retry_after
    )


def _repaired(body: bytes) -> bytes:
    """Put U+FFFD in place of what no text may hold: lone surrogates, control characters, no UTF-8."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode(errors="replace").encode()
    if CONTROL.search(body):
        body = CONTROL.sub(REPLACEMENT, body)
    if SUSPECT_ESCAPE.search(body):
        body = ESCAPE.sub(lambda found: REPLACEMENT if found["bad"] else found[0], body)
    return body


def _count(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text.strip()) else None
