"""Reviews over HTTP: submissions, what was submitted, threads, decisions, notices."""
