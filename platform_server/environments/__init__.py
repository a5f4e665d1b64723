"""What projects install: the policy, the index behind it, and the files, kept for all."""
