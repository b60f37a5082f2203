// What GraphiQL keeps in the browser, without request headers: a key must not lie there unless its owner asks
// for that. GraphiQL itself leaves them out of its tabs, yet writes them into its history.

const PREFIX = "graphiql:";
const PERSIST = `${PREFIX}shouldPersistHeaders`;

export function keptStorage(store = globalThis.localStorage) {
  // As GraphiQL gave it, so that what is kept can follow when the owner's wish changes.
  const given = new Map();
  const names = () => Object.keys(store).filter((name) => name.startsWith(PREFIX));
  const persists = () => store.getItem(PERSIST) === "true";
  const keep = (name) => store.setItem(name, persists() ? given.get(name) : withoutHeaders(name, given.get(name)));

  for (const name of names()) given.set(name, store.getItem(name));
  for (const name of given.keys()) keep(name);

  return {
    persists,
    getItem: (name) => store.getItem(name),
    setItem(name, value) {
      given.set(name, value);
      if (name !== PERSIST) return keep(name);
      store.setItem(name, value);
      for (const each of given.keys()) keep(each);
    },
    removeItem(name) {
      given.delete(name);
      store.removeItem(name);
    },
    clear() {
      given.clear();
      for (const name of names()) store.removeItem(name);
    },
    get length() {
      return names().length;
    },
  };
}

function withoutHeaders(name, value) {
  if (name === `${PREFIX}headers`) return "";
  try {
    return JSON.stringify(JSON.parse(value), (key, held) => (key === "headers" ? null : held));
  } catch {
    return value;
  }
}
