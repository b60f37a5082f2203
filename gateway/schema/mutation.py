"""The ways to change something, one field each."""

from __future__ import annotations

import strawberry

from gateway.schema.charge_changes import ContactChargePayload, create_charge
from gateway.schema.contact_changes import (
    ContactLifecyclePayload,
    ContactPayload,
    archive_contact,
    create_contact,
    delete_contact,
    restore_contact,
    update_contact,
)
from gateway.schema.mandate_changes import (
    MandateLinkPayload,
    MandatePayload,
    create_mandate_link,
    delete_mandate,
    request_mandate,
)
from gateway.schema.note_changes import ContactNotePayload, create_note, delete_note
from gateway.schema.person_changes import ContactPersonPayload, create_person, delete_person, update_person


@strawberry.type(
    description="The ways to change something; those of one operation run one after the other. Whatever goes "
    "wrong stands in userErrors: missing rights, deadlines and faults of the gateway too."
)
class Mutation:
    """Root fields; nullable, so that one that breaks leaves the others' results standing."""

    contact_create: ContactPayload | None = strawberry.mutation(
        resolver=create_contact, description="Make a contact in an administration's book."
    )
    contact_update: ContactPayload | None = strawberry.mutation(
        resolver=update_contact,
        description="Change a contact; what is not named stays as it is. One that sets nothing new is "
        "UNCHANGED and writes nothing.",
    )
    contact_archive: ContactLifecyclePayload | None = strawberry.mutation(
        resolver=archive_contact, description="Take a contact out of use; the book keeps it."
    )
    contact_restore: ContactLifecyclePayload | None = strawberry.mutation(
        resolver=restore_contact, description="Take an archived contact into use again. Not at Moneybird."
    )
    contact_delete: ContactLifecyclePayload | None = strawberry.mutation(
        resolver=delete_contact,
        description="Delete a contact. A system that still needs it archives it instead: outcome says which. "
        "Not at Acumulus.",
    )
    contact_person_create: ContactPersonPayload | None = strawberry.mutation(
        resolver=create_person, description="Add a person to a contact."
    )
    contact_person_update: ContactPersonPayload | None = strawberry.mutation(
        resolver=update_person, description="Change a person; what is not named stays as it is."
    )
    contact_person_delete: ContactPersonPayload | None = strawberry.mutation(
        resolver=delete_person, description="Delete a person."
    )
    contact_note_create: ContactNotePayload | None = strawberry.mutation(
        resolver=create_note, description="Add a remark or to-do to a contact."
    )
    contact_note_delete: ContactNotePayload | None = strawberry.mutation(
        resolver=delete_note, description="Delete a note."
    )
    contact_charge_create: ContactChargePayload | None = strawberry.mutation(
        resolver=create_charge, description="Put an extra amount on a contact's next invoice."
    )
    mandate_request: MandatePayload | None = strawberry.mutation(
        resolver=request_mandate,
        description="Let the system mail the contact and ask for a mandate: the outcome is SENT.",
    )
    mandate_link_create: MandateLinkPayload | None = strawberry.mutation(
        resolver=create_mandate_link,
        description="Make a page on which the contact can give a mandate, to be passed on by the client.",
    )
    mandate_delete: MandatePayload | None = strawberry.mutation(
        resolver=delete_mandate, description="Delete the mandate that the payments provider holds."
    )
