"""One GraphQL door to the contacts of several bookkeeping systems."""
