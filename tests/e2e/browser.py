"""A Chromium without a window, driven by the DevTools protocol, to which nothing but this machine exists."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds in which what was done must show, on a machine with other things to do."""

PAUSE = 0.1
"""Seconds between two looks at the page."""

WIDTH, HEIGHT = 1200, 700

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    f"--window-size={WIDTH},{HEIGHT}",
)

WATCH = """
window.refusedByPolicy = [];
addEventListener("securitypolicyviolation", (event) => refusedByPolicy.push(event.violatedDirective));
"""
"""Notes what the policy refused, in every page before anything of its own runs."""

CONTROL = 2
"""The bit of the control key in a key's modifiers."""

KEYS: Mapping[str, int] = {"Enter": 13, "Escape": 27, "Backspace": 8, "a": 65}


def chromium() -> str:
    """Return the path of Chromium; without it the test is skipped, but not where all must be tested."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    reason = "chromium is not installed: GraphiQL is tested in a browser"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Page:
    """One page; all it loads and complains of is noted, its workers' doings too.

    Attributes:
        connection: The way to the browser.
        session: The page's own name there.
        asked: Addresses that were asked for, data within the page aside.
        complaints: What stood on its console as an error or warning.
    """

    connection: ClientConnection
    session: str = ""
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    last: int = 0

    def command(self, method: str, *, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result; what happens meanwhile is noted."""
        number = self._sent(method, self.session if session is None else session, parameters)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            told = json.loads(self.connection.recv(timeout=PATIENCE))
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told}"
                result: dict[str, Any] = told["result"]
                return result
            self._note(told)
        raise AssertionError(f"no answer to {method}")

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression is in the page."""
        told = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Wait until an expression is true, and return what it is."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(AssertionError):
                if found := self.value(expression):
                    return found
            time.sleep(PAUSE)
        shown = self.value("document.body.innerText")
        raise AssertionError(f"never true: {expression}; {self.complaints}; shown: {shown}")

    def wait_text(self, selector: str, words: str) -> str:
        """Wait until words stand in an element, and return all of its text."""
        asked = (
            f"(document.querySelector({json.dumps(selector)})?.innerText ?? '').replaceAll('\\u00a0', ' ')"
        )
        found: str = self.wait(f"(t => t.includes({json.dumps(words)}) && t)({asked})")
        return found

    def open(self, address: str) -> None:
        """Go to an address."""
        self.command("Page.navigate", url=address)

    def click(self, selector: str, *, text: str | None = None) -> None:
        """Wait for an element, the first that has this text if one is given, and click its middle."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})]"
        chosen = f".find(each => each.innerText.trim() === {json.dumps(text)})" if text is not None else "[0]"
        x, y = self.wait(
            f"(e => {{ const r = e?.getBoundingClientRect(); return r?.width &&"
            f" [r.left + r.width / 2, r.top + r.height / 2] }})({found}{chosen})"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type letter by letter, as a person does."""
        for letter in text:
            self.command("Input.dispatchKeyEvent", type="keyDown", text=letter)
            self.command("Input.dispatchKeyEvent", type="keyUp")

    def press(self, key: str, modifiers: int = 0) -> None:
        """Press a key that writes nothing."""
        named = {"key": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": modifiers}
        shown = {"text": "\r"} if key == "Enter" and not modifiers else {}
        self.command("Input.dispatchKeyEvent", type="keyDown" if shown else "rawKeyDown", **named, **shown)
        self.command("Input.dispatchKeyEvent", type="keyUp", **named)

    def screenshot(self, file: Path) -> None:
        """Write what is seen as WebP."""
        shot = self.command("Page.captureScreenshot", format="webp", quality=80)
        file.write_bytes(base64.b64decode(shot["data"]))

    def assert_alone(self, address: str) -> None:
        """Nobody but one address was asked, and nothing was refused."""
        place = urlsplit(address).netloc
        assert [each for each in self.asked if urlsplit(each).netloc != place] == []
        assert self.asked
        assert self.value("refusedByPolicy") == []
        assert [each for each in self.complaints if "Content Security Policy" in each] == []

    def attach(self, target: str) -> None:
        """Follow a page from its beginning."""
        told = self.command("Target.attachToTarget", session="", targetId=target, flatten=True)
        self.session = told["sessionId"]
        self.command("Page.enable")
        self.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        for method in ("Network.enable", "Runtime.enable", "Log.enable"):
            self.command(method)
        sizes = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **sizes)
        self.command("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=True, flatten=True)

    def _sent(self, method: str, session: str, parameters: Mapping[str, Any]) -> int:
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        self.connection.send(json.dumps({**message, "sessionId": session} if session else message))
        return self.last

    def _note(self, told: Mapping[str, Any]) -> None:
        method, about = told.get("method"), told.get("params", {})
        if method == "Network.requestWillBeSent":
            address = about["request"]["url"]
            self.asked += [] if address.startswith("data:") else [address]
        elif method == "Network.webSocketCreated":
            self.asked.append(about["url"])
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{about['entry']['text']} {about['entry'].get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(about["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning"):
            self.complaints.append(" ".join(str(each.get("value")) for each in about["args"]))
        elif method == "Target.attachedToTarget":
            self._follow(about["sessionId"])

    def _follow(self, worker: str) -> None:
        """Note what a worker does from its beginning too, for which it waits."""
        for method in ("Network.enable", "Runtime.enable", "Log.enable", "Runtime.runIfWaitingForDebugger"):
            self._sent(method, worker, {})


@contextmanager
def opened_page() -> Iterator[Page]:
    """Start a browser that knows nobody and has nothing stored; leave nothing running."""
    program = chromium()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(  # noqa: S603 - the browser of this machine
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = _address(process, Path(profile))
            # Nobody is asked whether it still lives: a machine may stand still for a while.
            patient = {"open_timeout": PATIENCE, "close_timeout": PATIENCE, "ping_interval": None}
            with connect(address, max_size=None, **patient) as connection:
                page = Page(connection)
                made = page.command("Target.createTarget", url="about:blank")
                page.attach(made["targetId"])
                yield page
        finally:
            # The browser and the processes that it made, which are a group of their own.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Wait until the browser says in its profile where it is driven."""
    told = profile / "DevToolsActivePort"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, f"the browser ended with status {process.returncode}"
        lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
        if len(lines) >= 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(PAUSE)
    raise AssertionError("the browser does not say where it is driven")
