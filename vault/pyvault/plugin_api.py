"""Everything that a backend of another distribution may import, in one place.

What stands here keeps its meaning for as long as :data:`API_VERSION` does; beside it are
public :mod:`pyvault.testing`, the contract, and :mod:`pyvault.errors` as a whole. What a plug-in imports
from anywhere else may change with every version, though no underscore says so.

The protocols:
    ``Backend``, with ``API_VERSION``, ``Options``, ``Ask``, ``Question`` and ``Availability``; the optional
    ``Probed``, ``Examined``, ``Foreseeable``, ``Lockable``, ``OpenedLate``, ``Transactional``, ``Versioned``,
    ``Attributed``, ``Described``, ``Warns``.

Names and values:
    ``ItemName``, ``Kind``, ``name_in_store`` (an item name from two texts that the store kept, also of a
    kind that only a later pyvault knows), ``check_item_name``, ``Secret``.

For stores made of files or texts:
    ``LockFile``, ``replace_file``, ``seal_envelope``, ``open_envelope``, ``read_envelope``, ``check_option_names``.

The errors that leave a driver:
    ``BackendError``, ``BackendUnavailableError``, ``BackendLockedError``, ``BackendTimeoutError``,
    ``BackendBusyError``, ``AccessDeniedError``, ``ItemNotFoundError``, ``ItemTooLargeError``,
    ``ItemCorruptError``, ``InvalidNameError``, ``ConflictError``, ``ConfigError``, ``InputRequiredError``,
    ``UserCancelledError``.

Example:
    >>> from pyvault.plugin_api import ItemName, Kind, Secret, open_envelope, seal_envelope
    >>> name = ItemName(Kind.CREDENTIAL, "prod")
    >>> text = seal_envelope(name, Secret(b"payload")).reveal()
    >>> open_envelope(name, Secret(text.encode())) == Secret(b"payload")
    True
"""

from __future__ import annotations

from pyvault.backend import (
    API_VERSION,
    Ask,
    Attributed,
    Availability,
    Backend,
    Described,
    Examined,
    Foreseeable,
    Lockable,
    OpenedLate,
    Options,
    Probed,
    Question,
    Transactional,
    Versioned,
    Warns,
)
from pyvault.errors import (
    AccessDeniedError,
    BackendBusyError,
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ConfigError,
    ConflictError,
    InputRequiredError,
    InvalidNameError,
    ItemCorruptError,
    ItemNotFoundError,
    ItemTooLargeError,
    UserCancelledError,
)
from pyvault.files.atomic import replace_file
from pyvault.files.lock import LockFile
from pyvault.names import ItemName, Kind, check_item_name, name_in_store
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_option_names
from pyvault.storage.envelope import open_envelope, read_envelope, seal_envelope

__all__ = [
    "API_VERSION",
    "AccessDeniedError",
    "Ask",
    "Attributed",
    "Availability",
    "Backend",
    "BackendBusyError",
    "BackendError",
    "BackendLockedError",
    "BackendTimeoutError",
    "BackendUnavailableError",
    "ConfigError",
    "ConflictError",
    "Described",
    "Examined",
    "Foreseeable",
    "InputRequiredError",
    "InvalidNameError",
    "ItemCorruptError",
    "ItemName",
    "ItemNotFoundError",
    "ItemTooLargeError",
    "Kind",
    "LockFile",
    "Lockable",
    "OpenedLate",
    "Options",
    "Probed",
    "Question",
    "Secret",
    "Transactional",
    "UserCancelledError",
    "Versioned",
    "Warns",
    "check_item_name",
    "check_option_names",
    "name_in_store",
    "open_envelope",
    "read_envelope",
    "replace_file",
    "seal_envelope",
]
