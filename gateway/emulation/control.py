"""The control surface of an emulator: faults, request log, stored state and reset over HTTP.

| call | does | answers |
| --- | --- | --- |
| GET /_control/faults | | the active faults, a list |
| POST /_control/faults | adds the fault, or the faults, of its body; `[]` clears all | the active faults |
| GET /_control/log | | `{"requests": [...], "count": N}` |
| DELETE /_control/log | forgets the requests | `{"requests": [], "count": 0}` |
| GET /_control/state | | all that is stored, also what no answer shows: `{"contacts": {id: {...}}}` |
| GET /_control/pushes | | what a system sent of its own accord, in order, and how each was answered |
| POST /_control/pushes | `{"event": E, "contact": ID}`: tells that; `{"again": N}`: tells it again | 202 |
| POST /_control/reset | clears faults and log, goes back to the seeded book | `{"reset": true}` |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from gateway.emulation.faults import FaultError, Faults, fault_document, fault_from_document
from gateway.emulation.log import RequestLog, row_document
from gateway.emulation.outbox import Sender
from gateway.emulation.vocabulary import Emulated, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "/_control/"
"""Paths that start so are answered by the emulator itself."""


class Control:
    """Answers the calls of the control surface; they are not logged and no fault hits them."""

    def __init__(self, emulated: Emulated, faults: Faults, log: RequestLog) -> None:
        self._emulated = emulated
        self._faults = faults
        self._log = log
        self._calls: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "faults"): self._show_faults,
            ("POST", "faults"): self._add_faults,
            ("GET", "log"): self._show_log,
            ("DELETE", "log"): self._clear_log,
            ("GET", "state"): self._show_state,
            ("GET", "pushes"): self._show_pushes,
            ("POST", "pushes"): self._push,
            ("POST", "reset"): self._reset,
        }

    def answer(self, request: Request) -> Reply:
        """Answer a control call: 200, 400 for a bad body, 404 for a path, 405 for a method."""
        name = request.path.removeprefix(PREFIX)
        call = self._calls.get((request.method, name))
        if call is not None:
            return call(request)
        if any(known == name for _, known in self._calls):
            return _reply(405, {"error": f"{request.method} is not possible here"})
        return _reply(404, {"error": f"no such control call: {request.path}"})

    def _show_faults(self, _request: Request) -> Reply:
        return _reply(200, [fault_document(fault) for fault in self._faults.active()])

    def _add_faults(self, request: Request) -> Reply:
        try:
            document = orjson.loads(request.body)
            documents = document if isinstance(document, list) else [document]
            faults = [fault_from_document(document) for document in documents]
        except orjson.JSONDecodeError as error:
            return _reply(400, {"error": f"body: no JSON: {error}"})
        except FaultError as error:
            return _reply(400, {"error": str(error)})
        if faults:
            self._faults.add(*faults)
        else:
            self._faults.clear()
        return self._show_faults(request)

    def _show_log(self, _request: Request) -> Reply:
        rows = [row_document(row) for row in self._log.rows()]
        return _reply(200, {"requests": rows, "count": len(rows)})

    def _clear_log(self, request: Request) -> Reply:
        self._log.clear()
        return self._show_log(request)

    def _show_state(self, _request: Request) -> Reply:
        return _reply(200, self._emulated.state())

    def _show_pushes(self, _request: Request) -> Reply:
        sender = self._emulated
        return _reply(200, sender.outbox.rows() if isinstance(sender, Sender) else [])

    def _push(self, request: Request) -> Reply:
        sender = self._emulated
        if not isinstance(sender, Sender):
            return _reply(404, {"error": "this system sends nothing of its own accord"})
        try:
            asked = orjson.loads(request.body)
            if "again" in asked:
                is_known = sender.outbox.again(int(asked["again"]))
            else:
                is_known = sender.happen(str(asked["event"]), str(asked["contact"]))
        except (ValueError, TypeError, KeyError):
            return _reply(400, {"error": "body: must be an event and a contact, or the number of a push"})
        return _reply(202, {}) if is_known else _reply(404, {"error": "there is no such push, or contact"})

    def _reset(self, _request: Request) -> Reply:
        self._faults.clear()
        self._log.clear()
        self._emulated.reset()
        return _reply(200, {"reset": True})


def _reply(status: int, document: object) -> Reply:
    return Reply(status, orjson.dumps(document))
