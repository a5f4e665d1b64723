"""Review: what was submitted, who looks at it, what they say, and what was decided."""
