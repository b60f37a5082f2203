"""What people are told of where the gateway serves."""

from __future__ import annotations

import click

from gateway.settings import Settings


def announce(settings: Settings, port: int) -> None:
    """Say where the gateway serves, and to whom where it asks nobody for a key.

    Args:
        settings: As configured.
        port: Where it really listens.
    """
    if not settings.auth.is_configured:
        click.echo(
            "No keys are configured: listening on this machine only, everyone on it may ask.", err=True
        )
    print_addresses(address_of(settings.server.host, port), settings)


def address_of(host: str, port: int) -> str:
    """Return the URL of the gateway's root."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def print_addresses(address: str, settings: Settings) -> None:
    """Print a line for each thing that is found below the gateway's root."""
    if settings.graphql.explorable:
        click.echo(f"GraphiQL    {address}/graphql  (in a browser)")
    click.echo(f"GraphQL     {address}/graphql")
    click.echo(f"Health      {address}/health/ready")
    click.echo(f"Metrics     {address}/metrics")
    if settings.graphql.introspection:
        click.echo(f"Schema      {address}/schema.graphql")
