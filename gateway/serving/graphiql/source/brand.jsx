import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";

export const EMPTY_KEY = '{\n  "Authorization": "Bearer "\n}';

/** The name at the top; in its place, where a key is asked for and none was taken, what to do. */
export function Brand({ needsKey }) {
  const { schema, isIntrospecting } = useGraphiQL(pick("schema", "isIntrospecting"));
  useSameKey();
  useSchemaOnceLetIn();
  if (schema || isIntrospecting || !needsKey) return <span>Contacts gateway</span>;
  return (
    <span className="gateway-hint" role="status">
      Put a key into Headers, then run
    </span>
  );
}

/** A tab without headers gets those of the last one that had some: a key is set once, and stays in sight. */
function useSameKey() {
  const { headerEditor, activeTabIndex } = useGraphiQL(pick("headerEditor", "activeTabIndex"));
  const last = useRef("");
  useEffect(() => {
    if (!headerEditor) return undefined;
    if (isEmpty(headerEditor.getValue()) && last.current) headerEditor.setValue(last.current);
    const noted = headerEditor.onDidChangeModelContent(() => {
      const text = headerEditor.getValue();
      if (!isEmpty(text)) last.current = text;
    });
    return () => noted.dispose();
  }, [headerEditor, activeTabIndex]);
}

/** Where the schema was refused, the end of an operation is the moment to ask for it again. */
function useSchemaOnceLetIn() {
  const { introspect } = useGraphiQLActions();
  const { schema, isFetching } = useGraphiQL(pick("schema", "isFetching"));
  const wasFetching = useRef(false);
  useEffect(() => {
    if (wasFetching.current && !isFetching && !schema) introspect();
    wasFetching.current = isFetching;
  }, [isFetching, schema, introspect]);
}

function isEmpty(headers) {
  return headers.trim() === "" || headers.trim() === EMPTY_KEY;
}
