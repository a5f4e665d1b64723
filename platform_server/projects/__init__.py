"""Projects, their members, and the rule for names."""
