"""The SQL and object-store adapters."""
