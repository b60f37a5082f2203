"""An emulated Moneybird administration; see `system` for what it imitates and what it does not."""

from gateway.backends.moneybird.sandbox.system import MoneybirdSandbox, create

__all__ = ["MoneybirdSandbox", "create"]
