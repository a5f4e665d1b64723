"""The text of ``jupyter_config.py``: every setting of ours with its help.

``make docs`` writes it anew; a test compares.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from platform_extensions.application import PlatformApp
from platform_extensions.kernels.kernel import PlatformKernel
from platform_extensions.kernels.manager import PlatformKernels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from traitlets import HasTraits, TraitType

CONFIGURED: tuple[type[HasTraits], ...] = (PlatformApp, PlatformKernels, PlatformKernel)
_HEAD = '''\
"""The platform's settings. What stands in the working folder is read when the server starts.

Each line shows a setting's default: take away the `#` and change it. Where the database is and
where all state is kept says the environment; see env.example. Jupyter's own settings work too,
for example `c.ServerApp.port`.
"""

c = get_config()
'''


def own_settings(cls: type[HasTraits]) -> dict[str, TraitType[Any, Any]]:
    """Return the settings that a class of ours adds to what it inherits."""
    return {
        name: trait
        for name, trait in sorted(cls.class_own_traits(config=True).items())
        if trait.this_class is cls and trait.help
    }


def configuration() -> str:
    """Return the file's text."""
    return "".join([_HEAD, *(text for cls in CONFIGURED for text in _settings(cls))])


def _settings(cls: type[HasTraits]) -> Iterator[str]:
    for name, trait in own_settings(cls).items():
        yield f"\n{textwrap.indent(textwrap.fill(trait.help, 97), '# ')}\n"
        yield f"# c.{cls.__name__}.{name} = {trait.default()!r}\n"
