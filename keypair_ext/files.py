# SPDX-License-Identifier: Apache-2.0

"""An operator's files are text in UTF-8, whatever the locale.

That is asked before a library reads them: what cannot be used is one
sentence that names the file and the line.
"""

import codecs
import contextlib
import errno
import locale
import os
import stat

from keypair_ext import exception

_UTF8_LOCALES = ('C.UTF-8', 'en_US.UTF-8')


def expect_utf8() -> None:
    """Have the libraries of this process read text files as UTF-8.

    They open files in the encoding of the locale, which is ASCII under a
    server whose unit or container sets no LANG. It is the locale of the whole
    process that is set, so this is for processes of our own.
    """
    for name in _UTF8_LOCALES:
        if locale.getencoding().lower() == 'utf-8':
            return
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue


def check_regular(path: str) -> None:
    """Return if a file can be read to its end, and again.

    To open a pipe may wait for ever, and who reads it next finds it empty.

    :raises OSError: there is none, or it is something else.
    """
    mode = os.stat(path).st_mode
    if not (
        stat.S_ISREG(mode)
        # To open one says what it is.
        or stat.S_ISDIR(mode)
        or os.path.samefile(path, os.devnull)
    ):
        raise OSError(errno.EINVAL, 'it is not a regular file')


def content(path: str) -> bytes:
    """Return what is in a file.

    :raises OSError: it cannot be read, or not again.
    """
    check_regular(path)
    with open(path, 'rb') as stream:
        return stream.read()


def read(path: str) -> str:
    """Return the text of a file, its line ends as they are.

    :raises ConfigurationError: it is not text in UTF-8, or cannot be read.
    """
    try:
        data = content(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if data.startswith(codecs.BOM_UTF8):
        raise exception.ConfigurationError(
            reason=f'{path} begins with a byte order mark: save it as UTF-8 '
            f'without one.'
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b'\n', 0, error.start) + 1
        raise exception.ConfigurationError(
            reason=f'{path}:{line} is not UTF-8, at byte '
            f'0x{data[error.start]:02x}: save the file as UTF-8.'
        ) from error


def unreadable(path: str, error: OSError) -> exception.ConfigurationError:
    """Return the error that says why a file cannot be read."""
    return exception.ConfigurationError(
        reason=f'{path} cannot be read: {error.strerror}.'
    )


def replace(path: str, text: str, mode: int = 0o600) -> None:
    """Give a file a text, on disk on return; it has the old or the new one.

    A symbolic link goes on pointing to the file. A device or a pipe, such as
    ``/dev/stdout``, is written to, and stays what it is.

    :param mode: what the file's is from then on.
    :raises ConfigurationError: it cannot be written.
    """
    target = os.path.realpath(path)
    new = f'{target}.new'
    directory = os.path.dirname(target)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, 'w', encoding='utf-8') as stream:
                stream.write(text)
            return
        with open(new, 'w', encoding='utf-8') as stream:
            os.chmod(new, mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, target)
        descriptor = os.open(directory, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise exception.ConfigurationError(
            reason=f'{path} cannot be written: {error.strerror}.'
        ) from error
