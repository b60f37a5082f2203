"""What stays of an answer of Moneybird in a sample file, and what nobody finds in it again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.backends.moneybird import SYSTEM
from gateway.backends.moneybird.redaction import redact
from gateway.ports import Answer, Call

SAMPLES = Path(__file__).parents[2] / "samples" / "moneybird"
LIST = Call("GET", "/123456789/contacts/synchronization.json?include_archived=true")


def redacted(text: str) -> str:
    """Return what is left of a JSON answer."""
    name, content = redact(LIST, Answer(200, {}, text.encode()))
    assert name == "contacts-synchronization.json"
    return content.decode()


def test_the_system_names_it():
    """The command finds the redaction at the system."""
    assert SYSTEM.redact is redact


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("/administrations.json", "administrations", id="administrations"),
        pytest.param("/123/contacts/synchronization.json?a=Jan", "contacts-synchronization", id="versions"),
        pytest.param("/123/contacts.json?query=Jan", "contacts", id="search"),
        pytest.param("/123/contacts/customer_id/jansen.json", "contacts-customer_id-id", id="number"),
        pytest.param(
            "/123/contacts/456/moneybird_payments_mandate.json",
            "contacts-id-moneybird_payments_mandate",
            id="mandate",
        ),
        pytest.param("/123/identities/default.json", "identities-default", id="identity"),
        pytest.param("/123", "id", id="nothing"),
    ],
)
def test_a_name_holds_no_id(path: str, name: str):
    """The vendor's words of a path are left, without administration, ids, numbers and search texts."""
    assert redact(Call("GET", path), Answer(200, {}, b"[]"))[0] == f"{name}.json"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param('{"firstname": "Jan"}', '{"firstname": "Xxx"}', id="name"),
        pytest.param('{"Jan 7":1}', '{"Xxx 9":9}', id="strange-key"),
        pytest.param('[ null,true , false,""]', '[ null,true , false,""]', id="words"),
        pytest.param('{"a":-12.50e3}', '{"a":-99.99e9}', id="number"),
        pytest.param('{"delivery_method":"Email"}', '{"delivery_method":"Email"}', id="closed"),
        pytest.param('{"firstname":"Email"}', '{"firstname":"Xxxxx"}', id="closed-elsewhere"),
        pytest.param('{"sepa_sequence_type":"JANS"}', '{"sepa_sequence_type":"XXXX"}', id="not-in-it"),
        pytest.param(
            '{"note":"a\\nb\\\\nc\\"d\\/\\\\e"}', '{"note":"x\\nx\\\\nx\\"x\\/\\\\x"}', id="escapes"
        ),
        pytest.param(
            '{"note":"\\u004A\\u00e9\\ud83d\\ude00\\u000a"}',
            '{"note":"\\u0058\\u0078\\u0078\\u0078\\u000a"}',
            id="references",
        ),
        pytest.param('{"error":"Jan is unknown"}', '{"error":"Xxx xx xxxxxxx"}', id="message"),
        pytest.param('"Jan"', '"Xxx"', id="text-alone"),
    ],
)
def test_what_is_left_of_json(text: str, left: str):
    """Keys, spelling and documented words stay, everything else keeps its shape alone."""
    assert redacted(text) == left


@pytest.mark.parametrize(
    ("body", "extension"),
    [
        pytest.param(b'{"jan":', "txt", id="broken"),
        pytest.param(b'{"jan":"\xff"}', "txt", id="bytes"),
        pytest.param(b"Jan", "txt", id="text"),
        pytest.param(b"[" * 100_000, "txt", id="deep"),
        pytest.param(b"<html>Jan</html>", "html", id="web-page"),
        pytest.param(b"", "txt", id="nothing"),
    ],
)
def test_what_is_no_json_is_masked_as_a_whole(body: bytes, extension: str):
    """No key is trusted in an answer that is no JSON, and its extension says so."""
    name, content = redact(LIST, Answer(200, {}, body))
    assert name == f"contacts-synchronization.{extension}"
    assert re.sub("[^A-Za-z0-9]", "", content.decode()).strip("xX9") == ""


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_the_documented_answers_keep_their_shape(file: Path):
    """Every sample stays as long as it was, with the same keys, and is masked only once."""
    text = file.read_text()
    found = redacted(text)
    assert len(found) == len(text)
    assert re.findall(r'"[^"]*"\s*:', found) == re.findall(r'"[^"]*"\s*:', text)
    assert redacted(found) == found
    json.loads(found)


def test_no_canary_is_left_under_any_documented_key():
    """Of a contact with a word of its own under every key no word is found again."""
    keys = json.loads((SAMPLES / "contact_get.json").read_text())
    for canary in ("Qwertzuiop", "qwertz@canary.example", "NL91ABNA0417164300", "Zürich"):
        found = json.loads(redacted(json.dumps(dict.fromkeys(keys, canary))))
        assert set(found) == set(keys)
        assert {re.sub("[xX9@.]", "", text) for text in found.values()} == {""}
