"""What changed between two schemas."""

import pytest

from gateway.schema.changes import UNSEEN, compared

EARLIER = 'type Query { "Old words." name(of: ID): String }\nenum Size { S M }\n'


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        pytest.param(EARLIER, [], id="nothing"),
        pytest.param(f"# Words.\n{EARLIER}", [UNSEEN], id="remarks"),
        pytest.param(EARLIER.replace("Old", "New"), ["safe: Description of"], id="words"),
        pytest.param(
            EARLIER.replace("name(", "title("),
            ["breaking: Field Query.name was removed.", "safe: Field Query.title was added."],
            id="renamed",
        ),
        pytest.param(EARLIER.replace("String }", "ID }"), ["breaking: Field Query.name"], id="retyped"),
        pytest.param(EARLIER.replace("M }", "M L }"), ["dangerous:"], id="a-value-more"),
        pytest.param(EARLIER.replace("S M", "S"), ["breaking:"], id="a-value-less"),
        pytest.param(EARLIER.replace("of: ID", "of: ID!"), ["breaking:"], id="stricter"),
        pytest.param(EARLIER + "type More { x: ID }", ["safe:"], id="a-type-more"),
    ],
)
def test_compared(now, lines):
    """Each change is a line with its class, the breaking ones first."""
    found = compared(EARLIER, now)
    assert len(found) == len(lines)
    assert all(line.startswith(expected) for line, expected in zip(found, lines, strict=True))


def test_an_earlier_text_that_is_no_schema():
    """What cannot be read as a schema breaks everything, and is not an exception."""
    assert compared("type {", EARLIER)[0].startswith("breaking: the earlier text is no schema")
