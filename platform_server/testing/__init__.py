"""In-memory twins and the contract suites that they share with the real adapters."""
