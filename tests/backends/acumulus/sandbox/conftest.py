from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from lxml import etree

from gateway.backends.acumulus.sandbox import AcumulusSandbox, Behaviour, create
from gateway.backends.acumulus.sandbox.nodes import DETAIL, STORED
from gateway.emulation.server import Emulator

SAMPLES = Path(__file__).parents[3] / "samples" / "acumulus"


class Caller:
    """Sends calls to one served sandbox, with its credentials unless told otherwise."""

    def __init__(self, sandbox, url, http):
        self.sandbox = sandbox
        self.url = f"{url}{sandbox.base_path}"
        self.http = http

    @property
    def contract(self):
        own = self.sandbox.connection
        return (
            f"<contract><contractcode>{own['contract_code']}</contractcode><username>{own['username']}"
            f"</username><password>{own['password']}</password></contract>"
        )

    async def ask(self, call, nodes="", *, contract=None):
        block = self.contract if contract is None else contract
        return await self.send(call, f"<myxml>{block}{nodes}</myxml>")

    async def send(self, call, xml):
        return await self.http.post(f"{self.url}/{call}", data={"xmlstring": xml})

    async def manage(self, nodes, outside=""):
        return await self.ask("contacts/contact_manage.php", f"{outside}<contact>{nodes}</contact>")

    async def state(self):
        """All that is stored, by contactid, as the control surface shows it."""
        root = self.url.removesuffix(self.sandbox.base_path)
        return (await self.http.get(f"{root}/_control/state")).json()["contacts"]

    async def ids(self, nodes=""):
        answer = await self.ask("contacts/contacts_list.php", nodes)
        return [int(found.text) for found in parsed(answer.content).iterfind("contacts/contact/contactid")]


def parsed(xml):
    return etree.fromstring(xml)


def skeleton(element):
    """Names of an element and of all below it, in order: its structure without its texts."""
    return (element.tag, [skeleton(child) for child in element])


@pytest.fixture
def read():
    return parsed


@pytest.fixture
def structure():
    return lambda xml: skeleton(parsed(xml))


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture
def contact():
    """Makes everything stored of a contact, empty but for what is given."""

    def made(contactid, **nodes):
        usual = {"contacttype": "3", "contactvattypeid": "2", "contactstatus": "1"}
        return {**dict.fromkeys(STORED, ""), "contactid": str(contactid), **usual, **nodes}

    return made


@pytest.fixture
def whole(sample, contact):
    """Contact 1234001 as the sample of a full update leaves it: every kind of node filled."""
    sent = parsed(sample("manage_update_request.xml")).find("contact")
    nodes = {node.tag: node.text or "" for node in sent if node.tag in STORED and node.tag != "contactid"}
    for name, written, meant in (("contactinvoicenotes", "\\n", "\n"), ("contactabout", "\\t", "\t")):
        nodes[name] = nodes[name].replace(written, meant)
    return contact(1234001, **nodes)


@pytest.fixture
def send_sample(sample):
    """Sends a sample request to a caller's sandbox, which has a password of its own."""

    async def sent(caller, name):
        password = caller.sandbox.connection["password"]
        xml = sample(name).decode().replace("example-password", password)
        return await caller.send("contacts/contact_manage.php", xml)

    return sent


@pytest.fixture
def sandbox_of():
    """Makes a sandbox that holds the given contacts."""

    def made(*contacts, nodes="full", **behaviour):
        return AcumulusSandbox(contacts, Behaviour(**behaviour), DETAIL[nodes])

    return made


@pytest.fixture
async def serve():
    """Serves a sandbox over HTTP for the length of a test and gives a caller of it."""
    async with AsyncExitStack() as stack:

        async def started(sandbox=None):
            chosen = sandbox or create(contacts=40)
            emulator = await stack.enter_async_context(Emulator(chosen))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            caller = Caller(chosen, emulator.url, http)
            caller.emulator = emulator
            return caller

        yield started
