"""Pure values and rules of the gateway; knows no system, no network and no GraphQL."""
