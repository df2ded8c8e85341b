# SPDX-License-Identifier: Apache-2.0

"""Where the text of a profile comes from: ours, a package's or a file.

Finding a profile runs none of its vendor's code beyond importing the package
that holds the document.
"""

import importlib.metadata
import importlib.resources
import pathlib
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from urllib import parse as urlparse

from keypair_ext import exception, files

ENTRY_POINT_GROUP = 'keypair_ext.profiles'

_FILE = 'file:'
_SUFFIX = '.toml'


def read(name: str) -> str:
    """Return the text of a profile.

    :param name: one of ours, of an entry point, or ``file:`` and a path.
    :raises ConfigurationError: there is none, or it cannot be read.
    """
    resource: Traversable
    if is_file(name):
        resource = pathlib.Path(_path(name))
    elif name in shipped():
        # Before the others: to ask what is installed takes time.
        resource = _here() / f'{name}{_SUFFIX}'
    else:
        resource = _installed(name)
    try:
        if is_file(name):
            files.check_regular(str(resource))
        return resource.read_text('utf-8-sig')
    except UnicodeDecodeError as error:
        problem = f'it is not UTF-8: {error.reason} at byte {error.start}'
        raise _unreadable(name, problem) from error
    except OSError as error:
        raise _unreadable(name, error.strerror or str(error)) from error


def _unreadable(name: str, problem: str) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        reason=f'Profile {name} cannot be read: {problem}.'
    )


def is_file(name: str) -> bool:
    """Say whether a name is the address of a file."""
    return name.startswith(_FILE)


def shipped() -> list[str]:
    """Return the names of the profiles that come with this package."""
    return [
        entry.name.removesuffix(_SUFFIX)
        for entry in _here().iterdir()
        if entry.name.endswith(_SUFFIX)
    ]


def installed() -> list[str]:
    """Return the names of the profiles that other packages declare."""
    return [entry_point.name for entry_point in _entry_points()]


def schema_text() -> str:
    """Return the JSON Schema of profiles."""
    return (_here() / 'profile.schema.json').read_text('utf-8')


def _here() -> Traversable:
    return importlib.resources.files('keypair_ext.profiles')


def _path(name: str) -> str:
    """Return the path of ``file:/PATH`` or ``file:///PATH``."""
    path = urlparse.unquote(name.removeprefix(_FILE).removeprefix('//'))
    if not path.startswith('/') or '\0' in path:
        raise exception.ConfigurationError(
            reason=f'Profile {name} needs an absolute path, as in '
            f'{_FILE}/etc/keypair_ext/acme.toml; for a file beside the paste '
            f'file write {_FILE}%(here)s/acme.toml.'
        )
    return path


def _entry_points() -> Iterable[importlib.metadata.EntryPoint]:
    return importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)


def _installed(name: str) -> Traversable:
    found = [point for point in _entry_points() if point.name == name]
    if not found:
        known = ', '.join(sorted({*shipped(), *installed()}))
        raise exception.ConfigurationError(
            reason=f'There is no profile {name!r}: installed are {known}; '
            f'{_FILE}/PATH reads one from a file.'
        )
    if len(found) > 1:
        raise exception.ConfigurationError(
            reason=f'Several installed packages declare a profile {name}: '
            f'remove all but one of them.'
        )
    return _resource(found[0])


def _resource(entry_point: importlib.metadata.EntryPoint) -> Traversable:
    """Find the document that an entry point ``package:file.toml`` names.

    It is not an attribute of the package: a profile is data.
    """
    package, colon, resource = map(str.strip, entry_point.value.partition(':'))
    if not (package and colon and resource.endswith(_SUFFIX)):
        raise _broken(
            entry_point, f'it is not of the form package:file{_SUFFIX}'
        )
    try:
        return importlib.resources.files(package) / resource
    except Exception as error:  # A foreign package may fail in any way.
        raise _broken(
            entry_point, f'{type(error).__name__}: {error}'
        ) from error


def _broken(
    entry_point: importlib.metadata.EntryPoint, problem: str
) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        reason=f'Profile {entry_point.name} cannot be read from the entry '
        f'point {entry_point.value!r}: {problem}.'
    )
