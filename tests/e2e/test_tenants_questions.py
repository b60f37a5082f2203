"""The generated questions leave nothing of the schema out."""

import re

from tests.e2e.tenants_questions import CORE, SAMPLE, fields_below, questions, reachable_fields


def test_every_field_is_asked_for():
    """The questions select every field of every type, and call every root field."""
    asked = set[str]().union(*(fields_below(each.document) for each in questions(SAMPLE)))
    assert reachable_fields() - asked == set()


def test_every_argument_is_asked_with():
    """Each root field is given each of its arguments, but for the order, which names nothing."""
    given: dict[str, set[str]] = {}
    for question in questions(SAMPLE):
        for name, called in re.findall(r"\b(\w+)\(([^(){}]*)\)", question.document):
            pairs = re.findall(r"(\w+): \$(\w+)", called)
            told = {argument for argument, variable in pairs if question.variables.get(variable) is not None}
            given.setdefault(name, set()).update(told)
    for name, definition in CORE.query_type.fields.items():
        missing = definition.args.keys() - given.get(name, set())
        assert missing <= {"orderBy", "maxAge"}, name
