# SPDX-License-Identifier: Apache-2.0

"""Read an operator's file, and change it so that nothing can be lost."""

import contextlib
import errno
import io
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Final

from keypair_ext import exception, files

# Where no file can be put in the place of the operator's: it is a mount of its
# own, its directory cannot be written to, or it is somebody else's.
_NO_SECOND_FILE: Final = {
    errno.EACCES,
    errno.EBUSY,
    errno.EPERM,
    errno.EROFS,
    errno.EXDEV,
}


def replace(path: str, before: str, after: str) -> str:
    """Write ``after`` to a paste file; return the backup's path.

    The file has either text at any moment, since a new file takes its place.
    Where none can, as in a container that has this one file mounted, the text
    is written into the file. Owner, mode and extended attributes stay; a
    symbolic link goes on pointing to the file. The backup is ``.bak``, or
    ``.bak.1`` and so on: one that is there already is used if it has the same
    text, and never overwritten. It is in the directory for temporary files
    where the file's own cannot be written to.

    :raises ConfigurationError: the file cannot be written, or does not have
        the text ``before`` any more; no backup stays behind.
    """
    target = os.path.realpath(path)
    try:
        # Tells at once what is in the way.
        os.close(os.open(target, os.O_WRONLY))
        backup, is_new = _back_up(target, before)
        try:
            _change(target, before, after, backup)
        except OSError:
            if is_new:
                os.unlink(backup)
            raise
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be changed: {error.strerror}.'
        ) from error
    return backup


def _back_up(target: str, text: str) -> tuple[str, bool]:
    """Return a file that has the text, and whether it was made for that."""
    try:
        with _beside(target, text) as copy:
            for number in itertools.count():
                name = f'{target}.bak.{number}' if number else f'{target}.bak'
                if not os.path.lexists(name):
                    os.rename(copy, name)
                    return name, True
                if _has_text(name, text):
                    return name, False
    except OSError as error:
        if error.errno not in _NO_SECOND_FILE:
            raise
    return _back_up_elsewhere(target, text), True


def _back_up_elsewhere(target: str, text: str) -> str:
    prefix = f'{os.path.basename(target)}.'
    descriptor, path = tempfile.mkstemp('.bak', prefix)
    try:
        with open(descriptor, 'w', encoding='utf-8', newline='') as file:
            file.write(text)
    except OSError:
        os.unlink(path)
        raise
    return path


def _has_text(path: str, text: str) -> bool:
    try:
        return files.read(path) == text
    except exception.ConfigurationError:
        return False


def _change(target: str, before: str, after: str, backup: str) -> None:
    try:
        with _beside(target, after) as new:
            os.utime(new)
            _check_unchanged(target, before)
            os.replace(new, target)
    except OSError as error:
        if error.errno not in _NO_SECOND_FILE:
            raise
        _overwrite(target, before, after, backup)


def _check_unchanged(target: str, text: str) -> None:
    if files.read(target) != text:
        raise OSError(errno.ESTALE, 'somebody else changed it just now')


def _overwrite(target: str, before: str, after: str, backup: str) -> None:
    """Write into the file; it has its old text again where that fails."""
    with open(target, 'r+b', buffering=0) as file:
        _check_unchanged(target, before)
        try:
            _write(file, after)
        except OSError:
            try:
                _write(file, before)
            except OSError as error:
                raise exception.ConfigurationError(
                    reason=f'{target} was being changed and is broken now: '
                    f'{error.strerror}. What it was is in {backup}.'
                ) from error
            raise


def _write(file: io.FileIO, text: str) -> None:
    file.seek(0)
    left = text.encode()
    while left:
        left = left[file.write(left) :]
    file.truncate()
    os.fsync(file)


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
