// Pages through a connection with Relay's own store, reads one contact again, and changes one.
const {
  Environment, Network, RecordSource, Store,
  commitMutation, createOperationDescriptor, fetchQuery, getPaginationVariables, getRefetchMetadata, getSelector,
} = require("relay-runtime");

const of = (name) => require(`./src/__generated__/${name}.graphql.js`);
const [address, where, id] = process.argv.slice(2);

async function asked({ text }, variables) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: text, variables }),
  });
  return answer.json();
}

const environment = new Environment({ network: Network.create(asked), store: new Store(new RecordSource()) });

/** What a component with this fragment is given: all pages that the store has joined. */
function read(fragment, reference) {
  return environment.lookup(getSelector(fragment, reference)).data;
}

async function listed() {
  const fragment = of("Contacts_list");
  const { connection } = fragment.metadata.refetch;
  const variables = { where: JSON.parse(where) };
  const root = await fetchQuery(environment, of("ContactsQuery"), variables).toPromise();
  environment.retain(createOperationDescriptor(of("ContactsQuery"), variables));
  let { contacts } = read(fragment, root);
  while (contacts.pageInfo.hasNextPage) {
    const next = getPaginationVariables(
      "forward", 100, contacts.pageInfo.endCursor, { ...variables, first: 100, after: null }, {}, connection,
    );
    await fetchQuery(environment, of("ContactsPageQuery"), next).toPromise();
    ({ contacts } = read(fragment, root));
  }
  return contacts.edges.map(({ node }) => [node.source.system, node.source.remoteId]);
}

async function again() {
  const { refetchableRequest, identifierInfo } = getRefetchMetadata(of("Contacts_card"), "refetch");
  const variables = { [identifierInfo.identifierQueryVariableName]: id };
  const { node } = await fetchQuery(environment, refetchableRequest, variables).toPromise();
  return read(of("Contacts_card"), node);
}

function saved(input) {
  return new Promise((resolve, reject) => {
    commitMutation(environment, {
      mutation: of("ContactsSaveMutation"),
      variables: { input: { id, ...input } },
      onCompleted: ({ contactUpdate }) => resolve(contactUpdate.outcome),
      onError: reject,
    });
  });
}

/** What the store has without asking. */
function kept() {
  return environment.getStore().getSource().get(id).attention;
}

async function walked() {
  const contacts = await listed();
  const before = await again();
  const tried = [await saved({ contact: { attention: "Balie" }, dryRun: true }), kept()];
  const written = [await saved({ contact: { attention: "Balie" } }), kept()];
  return { contacts, before, tried, written, after: await again() };
}

walked().then((found) => process.stdout.write(JSON.stringify(found)));
