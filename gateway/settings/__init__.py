"""What the owner configured, read once and frozen; everything that is wrong with it is told at once.

A file names sections and keys; the environment overrides a few of them and stands in for a file
where there is none. Texts may point elsewhere (`env:NAME`, `file:PATH`), so that no secret has to
stand in the file.
"""

from __future__ import annotations

from gateway.settings.loading import SystemReader, load, read
from gateway.settings.section import Fault, SettingsError, is_loopback
from gateway.settings.values import (
    AdministrationSettings,
    Ages,
    AuthSettings,
    CacheSettings,
    GraphQLSettings,
    Hydrate,
    JwtSettings,
    KeySettings,
    LimitSettings,
    LogFormat,
    LogLevel,
    LogSettings,
    Scope,
    ServerSettings,
    Settings,
)

__all__ = [
    "AdministrationSettings",
    "Ages",
    "AuthSettings",
    "CacheSettings",
    "Fault",
    "GraphQLSettings",
    "Hydrate",
    "JwtSettings",
    "KeySettings",
    "LimitSettings",
    "LogFormat",
    "LogLevel",
    "LogSettings",
    "Scope",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "SystemReader",
    "is_loopback",
    "load",
    "read",
]
