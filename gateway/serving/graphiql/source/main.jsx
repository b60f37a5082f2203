import "./workers.js";
// GraphiQL imports Monaco later on; its styles must come before those that overrule them.
import "monaco-editor/esm/vs/editor/edcore.main.js";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { Brand, EMPTY_KEY } from "./brand.jsx";
import { fetcherFor } from "./fetcher.js";
import { keptStorage } from "./storage.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./main.css";

const place = document.getElementById("explorer");
const { endpoint, needsKey, tabs } = JSON.parse(place.dataset.config);
const storage = keptStorage();

createRoot(place).render(
  <GraphiQL
    fetcher={fetcherFor(new URL(endpoint, document.baseURI))}
    storage={storage}
    shouldPersistHeaders={storage.persists()}
    showPersistHeadersSettings
    defaultTabs={tabs}
    defaultHeaders={needsKey ? EMPTY_KEY : undefined}
    defaultEditorToolsVisibility={needsKey ? "headers" : "variables"}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <Brand needsKey={needsKey} />
    </GraphiQL.Logo>
  </GraphiQL>,
);
