# SPDX-License-Identifier: Apache-2.0

"""What an operator's files have to be, asked before a library reads them.

Text is UTF-8, whatever the locale. A file that cannot be used is one
sentence that names it and, where an option names the file, the option.
"""

import locale
import os
import ssl
from collections.abc import Callable

from keypair_ext import exception

_UTF8_LOCALES = ('C.UTF-8', 'en_US.UTF-8')
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'


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


def check_text(path: str) -> None:
    """Return if a file is text in UTF-8.

    :raises ConfigurationError: it is not, or cannot be read.
    """
    try:
        with open(path, 'rb') as stream:
            content = stream.read()
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'{path} cannot be read: {error.strerror}.'
        ) from error
    if content.startswith(_BYTE_ORDER_MARK):
        raise exception.ConfigurationError(
            reason=f'{path} begins with a byte order mark: save it as UTF-8 '
            f'without one.'
        )
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise exception.ConfigurationError(
            reason=f'{path}:{line} is not UTF-8, at byte '
            f'0x{content[error.start]:02x}: save the file as UTF-8.'
        ) from error


def check_tls(
    group: str, get: Callable[[str], str | None], prefix: str = ''
) -> None:
    """Return if the files that a group's options name can secure a connection.

    :param get: returns the value of an option of the group.
    :param prefix: of the options ``cafile``, ``certfile`` and ``keyfile``.
    :raises ConfigurationError: one is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    where = f'[{group}] {prefix}'
    authorities = get(f'{prefix}cafile')
    if authorities:
        _try(
            f'{where}cafile = {authorities}',
            lambda: (
                context.load_verify_locations(capath=authorities)
                if os.path.isdir(authorities)
                else context.load_verify_locations(authorities)
            ),
        )
    certificate = get(f'{prefix}certfile')
    if certificate:
        key = get(f'{prefix}keyfile') or None
        named = f' with keyfile = {key}' if key else ''
        _try(
            f'{where}certfile = {certificate}{named}',
            # Without a password the library would ask the terminal for one.
            lambda: context.load_cert_chain(certificate, key, lambda: ''),
        )


def _try(what: str, load: Callable[[], object]) -> None:
    try:
        load()
    except (OSError, ValueError) as error:
        problem = getattr(error, 'strerror', None) or str(error)
        raise exception.ConfigurationError(
            reason=f'{what} cannot be used: {problem}.'
        ) from error
