"""Who asks, and what they may: API keys, tokens of an issuer, or everyone where neither is configured.

A key's text and a token are looked at here and go nowhere else: no message, log event or repr holds
them, nor a token's claims. How a viewer was told apart stays in this room.
"""

from __future__ import annotations

from gateway.auth.doorkeeper import CHALLENGE, Doorkeeper, doorkeeper
from gateway.auth.viewer import EVERYONE, Viewer
from gateway.settings import Scope

__all__ = ["CHALLENGE", "EVERYONE", "Doorkeeper", "Scope", "Viewer", "doorkeeper"]
