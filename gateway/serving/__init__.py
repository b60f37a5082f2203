"""GraphQL as HTTP: what comes in, what goes out, and who may."""

from __future__ import annotations

from gateway.serving.accounts import Accounts
from gateway.serving.endpoint import Endpoint
from gateway.serving.guards import Guard
from gateway.serving.hooks import Hooks
from gateway.serving.metrics import Metrics, Standing
from gateway.serving.operations import Operations
from gateway.serving.rates import Rates
from gateway.serving.site import Draining, Health, Site

__all__ = [
    "Accounts",
    "Draining",
    "Endpoint",
    "Guard",
    "Health",
    "Hooks",
    "Metrics",
    "Operations",
    "Rates",
    "Site",
    "Standing",
]
