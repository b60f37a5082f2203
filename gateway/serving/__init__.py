"""GraphQL as HTTP: the endpoint, health, the schema as text; gets its schema as an argument."""

from __future__ import annotations

from gateway.serving.site import Health, Site, application

__all__ = ["Health", "Site", "application"]
