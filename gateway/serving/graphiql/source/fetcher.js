// One POST, one JSON answer: the gateway neither subscribes nor streams.

export function fetcherFor(address) {
  return async (asked, options = {}) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json, application/json",
        "Content-Type": "application/json",
        ...options.headers,
      },
      body: JSON.stringify(asked),
    });
    const text = await answer.text();
    try {
      return JSON.parse(text);
    } catch {
      // Something between the browser and the gateway has answered.
      throw new Error(`The answer is no JSON (status ${answer.status}).`);
    }
  };
}
