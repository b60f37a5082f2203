// Lists all contacts with plain fetch: what graphql-codegen makes needs no client library.
import { print } from "graphql";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { ContactList } from "./contacts";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [address = "", where = ""] = process.argv.slice(2);

async function asked<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await answer.json()) as { data: Data; errors?: { message: string }[] };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function listed(): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (let after: string | null | undefined, more = true; more; ) {
    const { contacts } = await asked(ContactList, { where: JSON.parse(where), after });
    found.push(...contacts.edges.map(({ node }): [string, string] => [node.source.system, node.source.remoteId]));
    ({ endCursor: after, hasNextPage: more } = contacts.pageInfo);
  }
  return found;
}

// @ts-expect-error A misspelt variable does not compile.
void ((): unknown => asked(ContactList, { behind: "" }));

listed().then((contacts) => process.stdout.write(JSON.stringify({ contacts })));
