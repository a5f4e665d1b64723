"""The SQL tables, one module a concern, all on ``storage.database.metadata``."""
