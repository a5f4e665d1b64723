"""JSON Schema of what is read and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

_PLACE = "#/components/schemas/{model}"


class Schemas:
    """The schemas of some types; what has a name is said once, in ``components``."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        found, named = TypeAdapter.json_schemas(
            [(kind, "validation", TypeAdapter(kind)) for kind in sorted(set(kinds), key=str)],
            ref_template=_PLACE,
            schema_generator=_Generator,
        )
        self._found = {kind: schema for (kind, _), schema in found.items()}
        self.components: Json = named.get("$defs", {})

    def of(self, kinds: Iterable[Any]) -> Json:
        """Return the schema of what is of one of these types."""
        found = [self._found[kind] for kind in dict.fromkeys(kinds)]
        return found[0] if len(found) == 1 else {"anyOf": found}


class _Generator(GenerateJsonSchema):
    """Repeats no field's name as its title."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Tell that it should not."""
        del schema
        return False
