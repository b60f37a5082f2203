"""The house keeps its doors shut and its rooms small."""

import ast
import builtins
import subprocess
from functools import cache
from pathlib import Path

from importlinter import cli

from gateway.domain import errors

ROOT = Path(__file__).parents[1]

MAX_FUNCTION_LINES = 40
MAX_FILE_LINES = 400
MAX_PARAMETERS = 5

LONG_FUNCTIONS: dict[str, str] = {}
"""`file::function` to the reason why it is longer."""

LONG_FILES: dict[str, str] = {}
"""File to the reason why it is longer."""

MANY_PARAMETERS = {
    "gateway/schema/query.py::contacts": "the schema's own arguments: GraphQL names them one by one",
    "gateway/backends/acumulus/__init__.py::_sandbox": "the emulator's settings, that commands read by name",
    "gateway/backends/moneybird/__init__.py::_sandbox": "as at Acumulus",
}
"""`file::function` to the reason why it takes more."""

BASES = {
    "Generic": "a type parameter, not a parent",
    "Enum": "how Python spells a closed set",
    "StrEnum": "as above, with words",
    "IntEnum": "as above, in an order",
    "msgspec.Struct": "how a wire shape is declared",
    "BaseCache": "aiocache has no other way in",
    "GraphQL": "Strawberry's view is adapted by overriding",
    "strawberry.Schema": "Strawberry's masking and execution are adapted by overriding",
    "uvicorn.Server": "its signal handlers are ours to replace",
    "HttpToolsProtocol": "uvicorn's connection waits for ever, and has no other way in",
    "Node": "GraphQL's interface, which Strawberry reads from the bases",
    "WritePayload": "as Node",
}
"""What may be inherited from besides protocols and exceptions, with the reason."""

TOP_LEVEL = {"pyproject.toml", "README.md", "gateway", "schema.graphql", "tests", "Dockerfile"}
"""All that stands at the top besides dotfiles; what else wants there goes beside the code."""

KNOWN_TO_SYSTEMS = {"backends", "domain", "emulation", "flight", "ports", "telemetry"}
"""Rooms that a system's folder may import from."""

CODE = sorted(path for path in (ROOT / "gateway").rglob("*.py") if "node_modules" not in path.parts)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def functions(paths: list[Path]) -> list[tuple[str, Function]]:
    return [
        (f"{name(path)}::{node.name}", node)
        for path in paths
        for node in nodes(path)
        if isinstance(node, Function)
    ]


def is_test(node: Function) -> bool:
    return node.name.startswith("test_")


def parameters(node: Function) -> int:
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([one for one in named if one.arg not in ("self", "cls")])


def rooms_imported(path: Path) -> set[str]:
    modules = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {module.split(".")[1] for module in modules if module.startswith("gateway.")}


def parents(node: ast.ClassDef) -> set[str]:
    """Name the bases that need a reason; a protocol may extend another."""
    bases = {ast.unparse(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases}
    return set() if "Protocol" in bases else {base for base in bases if not is_exception(base)}


def is_exception(base: str) -> bool:
    kind = getattr(builtins, base, None) or getattr(errors, base, None)
    return isinstance(kind, type) and issubclass(kind, Exception)


def test_the_doors_are_shut(capsys):
    """Every import contract in pyproject.toml is kept."""
    status = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert " 0 broken" in shown


def test_a_system_knows_few_rooms():
    """Systems import from the rooms that they are meant to know, and from none that is built later."""
    known = {name(path): rooms_imported(path) for path in CODE if "backends" in path.parts}
    assert {file: rooms - KNOWN_TO_SYSTEMS for file, rooms in known.items() if rooms - KNOWN_TO_SYSTEMS} == {}


def test_a_file_fits_a_sitting():
    """The files of more than 400 lines are those with a reason."""
    long = {name(path) for path in CODE + TESTS if path.read_bytes().count(b"\n") > MAX_FILE_LINES}
    assert long == set(LONG_FILES)


def test_a_function_fits_a_screen():
    """The functions of more than 40 lines are those with a reason."""
    long = {
        called
        for called, node in functions(CODE + TESTS)
        if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert long == set(LONG_FUNCTIONS)


def test_a_function_takes_few_arguments():
    """Those that take more than five have a reason; a test's arguments are columns of its table."""
    many = {
        called
        for called, node in functions(CODE + TESTS)
        if parameters(node) > MAX_PARAMETERS and not is_test(node)
    }
    assert many == set(MANY_PARAMETERS)


def test_nothing_is_inherited():
    """Classes have no parents but protocols, exceptions and what a library leaves no other way for."""
    found = {
        f"{name(path)}::{node.name}({base})"
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
        for base in parents(node) - BASES.keys()
    }
    assert found == set()


def test_a_test_says_what_it_shows():
    """Every test has one paragraph that says what it shows."""
    said = {called: ast.get_docstring(node) or "" for called, node in functions(TESTS) if is_test(node)}
    assert [called for called, text in said.items() if not text or "\n\n" in text] == []


def test_the_top_holds_the_agreed_names_alone():
    """Nothing new at the top: tool settings go into pyproject.toml, words into the README."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    names = {line.partition("/")[0] for line in answer.stdout.splitlines()}
    assert {top for top in names if not top.startswith(".")} <= TOP_LEVEL
