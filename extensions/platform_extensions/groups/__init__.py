"""Groups of learners with their reviewers, over HTTP."""
