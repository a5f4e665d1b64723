"""Running what was submitted again, in a sandbox that nobody has used, and comparing what comes."""
