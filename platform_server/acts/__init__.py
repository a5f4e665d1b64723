"""The record of what admins do: who, when, what, to what, and what it was before."""
