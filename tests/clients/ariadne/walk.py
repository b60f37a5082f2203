"""Lists, makes and changes contacts with the service that the README shows; prints what came of it."""

import asyncio
import json
import sys

from contacts_client import Client, ContactCreateInput, ContactFields, ContactFilter, ContactUpdateInput
from service import connected, everything, made


async def twice(client: Client) -> list[tuple[str, str | None]]:
    """Make a contact by one intention, two times; return the outcomes and ids."""
    asked = ContactCreateInput(
        administration="moneybird",
        contact=ContactFields(companyName="Nieuwe Zaak B.V."),
        idempotencyKey="order-1",
    )
    payloads = [await made(client, asked, pauses=(0.1, 0.1)) for _ in range(2)]
    return [(each.outcome.value, each.contact.id if each.contact else None) for each in payloads]


async def refused(client: Client) -> str:
    """Ask for what can never be, and return the words that it is refused with."""
    try:
        await made(client, ContactCreateInput(administration="nowhere", contact=ContactFields(label="x")))
    except RuntimeError as error:
        return str(error)
    return ""


async def changed(client: Client, key: str, fields: ContactFields) -> list[tuple[str, object]]:
    """Return what a change of a contact would set."""
    asked = ContactUpdateInput(id=key, contact=fields, dryRun=True)
    payload = (await client.contact_change(asked)).contact_update
    return [(each.field, each.after) for each in payload.changes] if payload else []


async def walked(address: str, where: str, key: str) -> dict[str, object]:
    """Return system and id of every contact, and what the writes gave."""
    async with connected(address, "any") as client:
        rows = await everything(client, ContactFilter.model_validate_json(where))
        return {
            "contacts": [[row.source.system.value, row.source.remote_id] for row in rows],
            "made": await twice(client),
            "refused": await refused(client),
            "absent": await changed(client, key, ContactFields(companyName="Anders")),
            "cleared": await changed(client, key, ContactFields(companyName="Anders", attention=None)),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(walked(*sys.argv[1:]))))
