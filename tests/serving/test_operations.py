"""Operations one after another: judged before anything of them runs, and told as clients read it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, located_error
from graphql import execute as run
from graphql import parse as read
from strawberry.types import ExecutionResult

from gateway.domain.errors import NotFound
from gateway.serving.documents import KeptDocuments, Library, hash_of, trusted
from gateway.serving.negotiation import Ending
from gateway.serving.operations import REMEMBERED, TOLD, Operations, Ran, Spent
from gateway.serving.parameters import Operation
from gateway.settings import LimitSettings

SCHEMA = build_schema("""
type Query { greeting(name: String, times: Int): String friend: Query }
type Mutation { forget: Boolean }
""")


@dataclass
class FakeSchema:
    """Satisfies `Schema`: notes what is run, and answers each field with its own name."""

    core: GraphQLSchema = SCHEMA
    failure: Exception | None = None
    ran: list[str | None] = field(default_factory=list)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
    ) -> Any:
        """Run a document whose fields are their own names, or fail in its first one."""
        self.ran.append(query)
        assert query is not None
        if self.failure:
            return ExecutionResult({"greeting": None}, [located_error(self.failure, path=["greeting"])])
        found: Any = run(
            self.core,
            read(query),
            field_resolver=lambda _, info, **__: info.field_name,
            variable_values=variable_values,
            operation_name=operation_name,
        )
        return ExecutionResult(found.data, found.errors)


@dataclass
class Bench:
    """Operations over a schema of a few fields."""

    schema: FakeSchema = field(default_factory=FakeSchema)
    limits: LimitSettings = field(default_factory=LimitSettings)
    introspection: bool = True
    contexts: int = 0

    def __post_init__(self) -> None:
        self.library = Library(trusted({}), KeptDocuments())
        self.operations = Operations(self.schema, self.limits, self.library, self.introspection)

    async def run(
        self, text: str, *, by_get: bool = False, spent: Spent | None = None, **members: Any
    ) -> Ran:
        """Run a document; `members` are the operation's other attributes."""
        operation = Operation(
            **{"query": text, "operation_name": None, "variables": {}, "extensions": {}, **members}
        )
        return await self.operations.run(
            operation, by_get=by_get, must_be_trusted=False, spent=spent or Spent(), context=self._context
        )

    def _context(self) -> object:
        self.contexts += 1
        return object()


def codes(ran: Ran) -> list[str]:
    return [each["extensions"]["code"] for each in ran.payload["errors"]]


async def test_an_answer_with_what_it_cost():
    """An answer is its data, and beside it what the operation was reckoned to cost."""
    ran = await Bench().run("{ greeting }")
    assert (ran.ending, ran.headers) == (Ending.COMPLETE, ())
    assert ran.payload["data"] == {"greeting": "greeting"}
    assert ran.payload["extensions"]["cost"]["allowed"] == 20_000
    assert ran.payload["extensions"]["cost"]["requested"] >= 1
    assert "errors" not in ran.payload


LIMITS = {
    "tokens": (LimitSettings(tokens=10), "{" + " greeting" * 9 + " }"),
    "depth": (LimitSettings(depth=2), "{ friend { friend { greeting } } }"),
    "aliases": (LimitSettings(aliases=1), "{ a: greeting b: greeting }"),
    "root_fields": (LimitSettings(root_fields=1), "{ greeting friend { greeting } }"),
    "directives": (LimitSettings(directives=1), "{ greeting @skip(if: false) @include(if: true) }"),
    "cost": (LimitSettings(cost=1), "{ friend { friend { friend { friend { greeting } } } } }"),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_limits_run_nothing(name):
    """Whoever asks for more than is allowed is told which limit it was, and nothing is run."""
    limits, text = LIMITS[name]
    bench = Bench(limits=limits)
    ran = await bench.run(text)
    (error,) = ran.payload["errors"]
    assert (ran.ending, codes(ran)) == (Ending.INVALID, ["QUERY_TOO_COMPLEX"])
    assert error["extensions"]["limit"] == name
    assert error["extensions"]["counted"] > error["extensions"]["allowed"]
    assert "data" not in ran.payload
    assert (bench.schema.ran, bench.contexts) == ([], 0)


async def test_the_cost_of_several_adds_up():
    """What the operations of one request cost is added up, and the one that passes the limit is not run."""
    bench, spent = Bench(), Spent()
    await bench.run("{ greeting }", spent=spent)
    bench = Bench(limits=LimitSettings(cost=spent.cost))
    assert (await bench.run("{ greeting }", spent=spent)).ending is Ending.INVALID
    assert bench.schema.ran == []


@pytest.mark.parametrize(
    ("text", "ending", "code"),
    [
        ("{", Ending.UNPARSED, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", Ending.INVALID, "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on Query { greeting }", Ending.INVALID, "GRAPHQL_VALIDATION_FAILED"),
        ("type A { b: Int }", Ending.INVALID, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { greeting } query B { greeting }", Ending.INVALID, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { greeting }", Ending.INVALID, "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", Ending.INVALID, "GRAPHQL_VALIDATION_FAILED"),
    ],
    ids=["cut", "unknown", "fragment-alone", "type", "which", "subscription", "circle"],
)
async def test_documents_that_cannot_be_run(text, ending, code):
    """A document that is none, or does not fit the schema, is told so without data, and not run."""
    bench = Bench()
    ran = await bench.run(text)
    assert ran.ending is ending
    assert set(codes(ran)) == {code}
    assert "data" not in ran.payload
    assert (bench.schema.ran, bench.contexts) == ([], 0)


async def test_variables_that_do_not_fit():
    """Variables that do not fit are the client's fault: told without data, and by their name."""
    ran = await Bench().run("query($n: Int) { greeting(times: $n) }", variables={"n": "x"})
    assert (ran.ending, codes(ran)) == (Ending.INVALID, ["BAD_USER_INPUT"])
    assert "$n" in ran.payload["errors"][0]["message"]
    assert "data" not in ran.payload


async def test_an_operation_by_its_name():
    """Of several operations the one that is named is run; a name that is not there is told."""
    text = "query A { a: greeting } query B { b: greeting }"
    bench = Bench()
    named, unknown = await bench.run(text, operation_name="B"), await bench.run(text, operation_name="C")
    assert named.payload["data"] == {"b": "greeting"}
    assert unknown.payload["errors"][0]["message"] == "The document has no operation of that name."


async def test_a_mutation_by_get():
    """By GET nothing is changed; which operation is meant decides, not what the document holds besides."""
    text = "query A { greeting } mutation B { forget }"
    bench = Bench()
    query = await bench.run(text, by_get=True, operation_name="A")
    mutation = await bench.run(text, by_get=True, operation_name="B")
    assert (query.ending, mutation.ending) == (Ending.COMPLETE, Ending.WRONG_METHOD)
    assert mutation.headers == (("allow", "POST"),)
    assert len(bench.schema.ran) == 1


async def test_few_of_many_faults_are_told():
    """Whoever sends a document full of faults is told the first few, and that there are more."""
    ran = await Bench().run("{ " + " ".join(f"nothing{each}" for each in range(50)) + " }")
    assert len(ran.payload["errors"]) == TOLD + 1
    assert "Too many" in ran.payload["errors"][-1]["message"]


async def test_few_of_many_bad_variables_are_told():
    """Of many variables that do not fit the first few are told."""
    names = [f"n{each}" for each in range(20)]
    declared = ", ".join(f"${name}: Int" for name in names)
    used = " ".join(f"{name}: greeting(times: ${name})" for name in names)
    ran = await Bench().run(f"query({declared}) {{ {used} }}", variables=dict.fromkeys(names, "x"))
    assert len(ran.payload["errors"]) == TOLD + 1


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "not-shown"])
@pytest.mark.parametrize(
    "text",
    ["{ greting }", "{ greeting(nam: 1) }", "{ ...on Qury { greeting } }"],
    ids=["field", "argument", "type"],
)
async def test_what_may_have_been_meant(shown, text):
    """Where the schema is not shown nobody is told what they may have meant."""
    ran = await Bench(introspection=shown).run(text)
    (error,) = ran.payload["errors"]
    assert ("Did you mean" in error["message"]) is shown
    assert error["message"]


@pytest.mark.parametrize("text", ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'])
async def test_introspection_that_is_off(text):
    """Where the schema is not shown it cannot be asked for; a type's own name always can."""
    bench = Bench(introspection=False)
    ran = await bench.run(text)
    assert set(codes(ran)) == {"GRAPHQL_VALIDATION_FAILED"}
    assert bench.schema.ran == []
    assert (await bench.run("{ __typename }")).payload["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (NotFound("There is no such contact."), "NOT_FOUND", "There is no such contact."),
        (RuntimeError("token 12345"), "INTERNAL", "Something went wrong in the gateway."),
    ],
    ids=["ours", "unforeseen"],
)
async def test_a_resolver_that_fails(failure, code, message):
    """What failed in an operation stands beside its data; the words of what nobody foresaw are not told."""
    ran = await Bench(FakeSchema(failure=failure)).run("{ greeting }")
    assert (ran.ending, codes(ran)) == (Ending.PARTIAL, [code])
    assert ran.payload["data"] == {"greeting": None}
    assert ran.payload["errors"][0]["message"].startswith(message)
    assert "12345" not in str(ran.payload)


async def test_a_document_is_judged_once():
    """A text that came before is not judged again: its fault is told from memory."""
    bench = Bench()
    first, again = [bench.operations._prepare("{ nothing }") for _ in range(2)]
    assert first is again


@pytest.mark.parametrize(
    "text",
    ["{ greeting }" + " " * 100_000, "{" + " greeting" * 1000 + " }", "#" + "x" * 100_000 + "\n{ greeting }"],
    ids=["blanks", "tokens", "comment"],
)
async def test_documents_are_remembered_within_bounds(text):
    """However many documents come, and of what size, a few of the last are remembered."""
    bench = Bench()
    for number in range(200):
        await bench.run(f"{text} #{number}")
    shelf = bench.operations._shelf
    assert 10 <= len(shelf.documents) <= 50
    assert shelf.get(f"{text} #199") is not None
    assert shelf.get(f"{text} #0") is None
    assert shelf.held == sum(weight for _, weight in shelf.documents.values()) <= REMEMBERED


async def test_a_document_in_use_is_remembered():
    """What is asked for again and again stays, whatever else comes by."""
    bench = Bench()
    first = bench.operations._prepare("{ greeting }")
    for number in range(50):
        await bench.run("{" + " greeting" * 1000 + f" }} #{number}")
        assert bench.operations._prepare("{ greeting }") is first


async def test_a_document_too_large_to_be_remembered():
    """A text that is larger than all may be together is answered, and not remembered."""
    bench = Bench()
    ran = await bench.run("{ greeting } #" + "x" * (REMEMBERED * 100))
    assert ran.payload["data"] == {"greeting": "greeting"}
    assert (bench.operations._shelf.held, len(bench.operations._shelf.documents)) == (0, 0)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('{ greeting(name: "\\u0000") }', {}),
        ('{ greeting(name: "a\0") }', {}),
        ('{ greeting(name: """\0""") }', {}),
        ("query($n: String) { greeting(name: $n) }", {"n": "a\0b"}),
        ("query($n: String) { greeting(name: $n) }", {"n": None, "other": [{"deep": ["\0"]}]}),
        ("query($n: String) { greeting(name: $n) }", {"n": None, "\0": 1}),
    ],
    ids=["escaped", "plain", "block", "variable", "inside", "name"],
)
async def test_a_nul_in_a_query(text, variables):
    """A NUL, which no record has, is refused wherever it stands; nothing is run for it."""
    bench = Bench()
    ran = await bench.run(text, variables=variables)
    assert (ran.ending, codes(ran)) == (Ending.INVALID, ["BAD_USER_INPUT"])
    assert "data" not in ran.payload
    assert bench.schema.ran == []


async def test_a_nul_in_a_mutation():
    """A mutation is left to say which of its fields the NUL is in."""
    ran = await Bench().run("mutation { forget }", variables={"n": "\0"})
    assert ran.ending is not Ending.INVALID


async def test_variables_as_deep_as_json_may_be():
    """Values nested more deeply than calls may be are looked through all the same."""
    deep: Any = "\0"
    for _ in range(5000):
        deep = [deep]
    ran = await Bench().run("{ greeting }", variables={"n": deep})
    assert codes(ran) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [("{ greeting }", True), ("{ nothing }", False), ("{", False)],
    ids=["good", "invalid", "no-graphql"],
)
async def test_what_is_kept(text, is_kept):
    """A document that is offered with its hash is kept when it can be run, and only then."""
    bench = Bench()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}
    await bench.run(text, extensions=extensions)
    assert (bench.library.kept.text(hash_of(text)) == text) is is_kept


async def test_a_fault_of_the_request_names_its_place():
    """Each fault of a document says where in the text it is."""
    ran = await Bench().run("{ greeting\n nothing }")
    assert ran.payload["errors"][0]["locations"] == [{"line": 2, "column": 2}]
