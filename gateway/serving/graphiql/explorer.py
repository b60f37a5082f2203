"""The explorer's page and files as answers: no state, and nothing read but the package's own files."""

from __future__ import annotations

import gzip
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.serving.compression import GZIP, coding
from gateway.serving.message import Replied

HERE = Path(__file__).parent

ASSETS = "/graphiql/"
"""Where the files are found."""

FOR_EVER = "public, max-age=31536000, immutable"
"""A file's name holds its hash: other content has another name."""

_RULES = (
    "default-src 'self'",
    # Monaco writes the rules of its themes, and the places of its lines, into the page.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
)

POLICY = "; ".join(_RULES)
"""What the page may load and do: what its own server gave it. No script but a file of it is run."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Contacts gateway - GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="graphiql/{style}">
<script type="module" src="graphiql/{script}"></script>
</head>
<body>
<div id="explorer" data-config="{config}"></div>
<noscript>GraphiQL needs JavaScript. The schema as text: <a href="schema.graphql">here</a>.</noscript>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Built:
    """One built file.

    Attributes:
        type: Its `Content-Type`.
        size: Bytes, not compressed.
        sha256: Of those bytes.
        gzip_sha256: Of the file as it is stored.
    """

    type: str
    size: int
    sha256: str
    gzip_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built; the script and the style are what the page names itself."""

    script: str
    style: str
    files: Mapping[str, Built]


@dataclass(frozen=True, slots=True)
class Sample:
    """What stands in a tab: an operation, and its variables as JSON where it has any."""

    query: str
    variables: str | None


@dataclass(frozen=True, slots=True)
class Explorer:
    """Answers for the page and its files.

    Attributes:
        folder: Where the built files are, each as `NAME.gz`.
        manifest: The only names that are looked for there.
        samples: The tabs of whoever comes for the first time.
    """

    folder: Path
    manifest: Manifest
    samples: Sequence[Sample]

    def page(self, *, needs_key: bool) -> bytes:
        """Return the page; every address in it is relative, so that it works behind any name and prefix.

        Args:
            needs_key: Whether the gateway answers nobody without one.
        """
        config = {"endpoint": "graphql", "needsKey": needs_key, "tabs": self.samples}
        told = html.escape(msgspec.json.encode(config).decode())
        return _PAGE.format(style=self.manifest.style, script=self.manifest.script, config=told).encode()

    def holds(self, path: str) -> bool:
        """Whether there is a file at this path."""
        return path.startswith(ASSETS) and path.removeprefix(ASSETS) in self.manifest.files

    def asset(self, path: str, accept_encoding: str | None) -> Replied:
        """Return a file that is held, compressed as it is stored for whoever takes it so."""
        name = path.removeprefix(ASSETS)
        built = self.manifest.files[name]
        stored = (self.folder / f"{name}.gz").read_bytes()
        headers = (
            ("content-type", built.type),
            ("cache-control", FOR_EVER),
            ("vary", "accept-encoding"),
        )
        if coding(accept_encoding, built.size) != GZIP:
            return Replied(200, headers, gzip.decompress(stored))
        return Replied(200, (*headers, ("content-encoding", GZIP)), stored)


def packaged() -> Explorer:
    """Return the explorer that the package brings along."""
    built = HERE / "built"
    manifest = msgspec.json.decode((built / "manifest.json").read_bytes(), type=Manifest)
    return Explorer(built, manifest, samples(HERE / "samples"))


def samples(folder: Path) -> list[Sample]:
    """Read a folder of operations in the order of their names, each with its variables beside it."""
    return [_sample(file) for file in sorted(folder.glob("*.graphql"))]


def _sample(file: Path) -> Sample:
    variables = file.with_suffix(".json")
    words = variables.read_text(encoding="utf-8").strip() if variables.exists() else None
    return Sample(file.read_text(encoding="utf-8").strip(), words)
