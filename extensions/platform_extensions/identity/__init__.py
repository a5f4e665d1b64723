"""Who makes a request: signing in and out, sessions, tokens, accounts."""
