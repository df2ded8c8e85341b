# SPDX-License-Identifier: Apache-2.0

"""Read an operator's file, and replace it so that nothing can be lost."""

import contextlib
import errno
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator

from keypair_ext import exception


def read(path: str) -> str:
    """Return the text of a paste file, with the line ends that it has.

    :raises ConfigurationError: it cannot be read, or is not UTF-8.
    """
    try:
        # Opening something else, a pipe, may wait for ever.
        if not os.path.isfile(path) and os.path.exists(path):
            raise OSError(errno.EINVAL, 'it is not a regular file')
        with open(path, encoding='utf-8', newline='') as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise exception.ConfigurationError(
            reason=f'{path} is not UTF-8 text: {error.reason} at byte '
            f'{error.start}.'
        ) from error
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be read: {error.strerror}.'
        ) from error


def replace(path: str, before: str, after: str) -> str:
    """Write ``after`` to a paste file in one step; return the backup's path.

    The file has either text at any moment. Owner, mode and extended
    attributes stay; a symbolic link goes on pointing to the file. The
    backup is ``.bak``, or ``.bak.1`` and so on: one that is there already is
    used if it has the same text, and never overwritten.

    :raises ConfigurationError: the file cannot be written, or does not have
        the text ``before`` any more.
    """
    target = os.path.realpath(path)
    try:
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        backup = _back_up(target, before)
        with _beside(target, after) as new:
            os.utime(new)
            if read(target) != before:
                raise OSError(errno.EBUSY, 'somebody else changed it just now')
            os.replace(new, target)
        _sync_directory(target)
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be changed: {error.strerror}.'
        ) from error
    return backup


def _back_up(target: str, text: str) -> str:
    with _beside(target, text) as copy:
        return next(
            name
            for name in _backup_names(target)
            if _link(copy, name) or _has_text(name, text)
        )


def _backup_names(target: str) -> Iterator[str]:
    yield f'{target}.bak'
    for number in itertools.count(1):
        yield f'{target}.bak.{number}'


def _link(path: str, name: str) -> bool:
    """Give a file a second name, whole or not at all; False if it is taken."""
    try:
        os.link(path, name)
    except FileExistsError:
        return False
    return True


def _has_text(path: str, text: str) -> bool:
    try:
        return read(path) == text
    except exception.ConfigurationError:
        return False


@contextlib.contextmanager
def _beside(target: str, text: str) -> Iterator[str]:
    """Make a temporary file like ``target`` and in the same directory."""
    directory, name = os.path.split(target)
    descriptor, path = tempfile.mkstemp('.keypair_ext', f'.{name}.', directory)
    try:
        with open(descriptor, 'w', encoding='utf-8', newline='') as file:
            file.write(text)
            file.flush()
            owner = os.stat(target)
            os.chown(descriptor, owner.st_uid, owner.st_gid)
            shutil.copystat(target, path)
            os.fsync(descriptor)
        yield path
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _sync_directory(path: str) -> None:
    descriptor = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
