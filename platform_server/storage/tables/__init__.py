"""The SQL tables, one module a concern, all on ``storage.database.metadata``."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from platform_server.storage.database import metadata

if TYPE_CHECKING:
    from sqlalchemy import MetaData


def all_tables() -> MetaData:
    """Return the metadata with every table on it, whichever were imported before."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return metadata
