"""GraphiQL, as the package brings it along: its page, and the built files that the page loads.

`built/` is made from `source/`; `samples/` are the operations that stand in its tabs at first.
"""

from __future__ import annotations

from gateway.serving.graphiql.explorer import ASSETS, POLICY, Explorer, packaged

__all__ = ["ASSETS", "POLICY", "Explorer", "packaged"]
