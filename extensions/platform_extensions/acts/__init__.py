"""The record of what admins do, over HTTP."""
