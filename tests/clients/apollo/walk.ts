// Lists all contacts with Apollo Client, asks for halves of one group, and saves a form.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { connected, everyContact } from "./client";
import { ContactForm } from "./contacts";
import { changed, save } from "./form";
import { graphql } from "./gql";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [address = "", where = "", id = ""] = process.argv.slice(2);

const City = graphql(`query City($id: ID!) { contact(id: $id) { id address { city } } }`);
const Street = graphql(`query Street($id: ID!) { contact(id: $id) { id address { line1 } } }`);

/** Ask for two halves of an address; return whether the first is still there after the second. */
async function merges(client: ApolloClient): Promise<boolean> {
  const variables = { id };
  await client.query({ query: City, variables });
  await client.query({ query: Street, variables });
  return client.readQuery({ query: City, variables }) !== null;
}

async function filled(client: ApolloClient) {
  const { data } = await client.query({ query: ContactForm, variables: { id } });
  if (!data?.contact) throw new Error("no contact");
  const { contact } = data;
  const typed = { ...contact, attention: "", address: { ...contact.address, city: "Zevenhuizen" } };
  return { version: contact.source.version, changes: changed(contact, typed) };
}

async function saved(client: ApolloClient) {
  const { version, changes } = await filled(client);
  const faults = [
    await save(client, id, version, changes),
    await save(client, id, version, changes),
    await save(client, id, null, { address: { countryCode: "NOWHERE" } }),
  ];
  const shown = client.readQuery({ query: City, variables: { id } })?.contact?.address?.city;
  return { changes, shown, faults: faults.map((each) => [...each]) };
}

async function walked() {
  const client = connected(address, "any");
  const bare = new ApolloClient({ link: new HttpLink({ uri: address }), cache: new InMemoryCache() });
  const list = await everyContact(client, JSON.parse(where));
  return {
    contacts: list?.edges.map(({ node }) => [node.source.system, node.source.remoteId]),
    merged: [await merges(client), await merges(bare)],
    form: await saved(client),
  };
}

walked().then((found) => process.stdout.write(JSON.stringify(found)));
