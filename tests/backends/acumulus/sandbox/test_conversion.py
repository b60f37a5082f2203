import json

import pytest

from gateway.backends.acumulus.sandbox.conversion import to_json

LIST = "contacts/contacts_list.php"


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        pytest.param(b"<r><a>1</a></r>", {"a": "1"}, id="scalar is a string"),
        pytest.param(b"<r><a></a><b/></r>", {"a": [], "b": []}, id="empty is an array"),
        pytest.param(b"<r><a><b>1</b></a></r>", {"a": {"b": "1"}}, id="one is an object"),
        pytest.param(b"<r><a>1</a><c/><a>2</a></r>", {"a": ["1", "2"], "c": []}, id="several are an array"),
        pytest.param(b"<r><a><![CDATA[x]]]]><![CDATA[>y]]></a></r>", {"a": "x]]>y"}, id="CDATA"),
    ],
)
def test_conversion(xml, value):
    """XML becomes JSON as PHP would convert it."""
    assert json.loads(to_json(xml)) == value


async def test_documented_error_in_json(serve, sample):
    """The missing contract block in JSON is the documented document."""
    answer = await (await serve()).ask(LIST, "<format>json</format><lang>nl</lang>", contract="")

    assert answer.json() == json.loads(sample("json_error_403_contract_missing.json"))


async def test_list_of_one_in_json_is_an_object(serve):
    """The quirk of a single row is there."""
    answer = await (await serve()).ask(LIST, "<format>json</format><rowcount>1</rowcount>")

    assert answer.json()["contacts"]["contact"]["contactid"] == "1234001"
