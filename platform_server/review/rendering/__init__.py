"""Other people's files as pages that can do nothing: no scripts, no requests, no links."""
