"""Projects over REST: made, named, shared, archived, deleted, and their files as bytes."""
