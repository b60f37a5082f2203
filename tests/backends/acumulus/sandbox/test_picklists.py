import pytest


@pytest.mark.parametrize("name", ["accounts", "costcenters", "costheadings", "vattypes"])
async def test_choices_have_the_documented_nodes(serve, structure, read, sample, name):
    """Container, items and their nodes are those of the sample, and the sample's choices are there."""
    answer = await (await serve()).ask(f"picklists/picklist_{name}.php")
    documented = sample(f"picklist_{name}_response.xml")

    found, wanted = structure(answer.content), structure(documented)
    assert [found[0], *found[1][1:]] == [wanted[0], *wanted[1][1:]]
    assert {str(item) for item in found[1][0][1]} == {str(item) for item in wanted[1][0][1]}
    texts = [[node.text for node in item] for item in read(answer.content)[0]]
    assert all([node.text for node in item] in texts for item in read(documented)[0])


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        pytest.param("invoicetemplate", ["invoicetemplateid", "invoicetemplatename"], id="templates"),
        pytest.param(
            "contacttype", ["contacttypeid", "contacttypename", "contacttypenamenl"], id="contact types"
        ),
    ],
)
async def test_choices_without_a_sample(serve, read, name, nodes):
    """The picklists known by their nodes only have these."""
    answer = await (await serve()).ask(f"picklists/picklist_{name}s.php")

    items = read(answer.content).findall(f"{name}s/{name}")
    assert len(items) > 1
    assert {tuple(node.tag for node in item) for item in items} == {tuple(nodes)}


@pytest.mark.parametrize(
    ("nodes", "ids"),
    [
        pytest.param("", ["70001", "70002"], id="active by default"),
        pytest.param("<accountstatus>1</accountstatus>", ["70001", "70002"], id="active"),
        pytest.param("<accountstatus>0</accountstatus>", ["70003"], id="disabled"),
    ],
)
async def test_accounts_by_status(serve, read, nodes, ids):
    """Accounts are the active ones unless the disabled are asked for."""
    answer = await (await serve()).ask("picklists/picklist_accounts.php", nodes)

    assert [found.text for found in read(answer.content).iter("accountid")] == ids


async def test_accounts_of_an_unknown_status(serve):
    """Another accountstatus is HTTP 400."""
    answer = await (await serve()).ask("picklists/picklist_accounts.php", "<accountstatus>2</accountstatus>")

    assert answer.status_code == 400


async def test_contacts_use_choices_that_exist(serve, read):
    """Every id that a contact of the sample book names is in its picklist."""
    caller = await serve()
    chosen = ("invoicetemplate", "costheading", "costcenter")
    lists = {}
    for name in chosen:
        answer = read((await caller.ask(f"picklists/picklist_{name}s.php")).content)
        lists[name] = {"", "0", *(found.text for found in answer.iter(f"{name}id"))}

    for contactid in map(str, range(1234001, 1234041)):
        stored = caller.sandbox.book.contact(int(contactid))
        assert all(stored[f"contact{name}id"] in lists[name] for name in chosen)
