"""Files as revisions of immutable blobs, in step with the sandbox's workspace."""
