# SPDX-License-Identifier: Apache-2.0

"""Run tests in a process that has no MD5 for security, as under FIPS 140.

``python -m keypair_ext.tests.functional.without_md5 NAME...``, of modules and
packages, refuses MD5 as Red Hat's Python does: a
``ValueError`` unless the caller says ``usedforsecurity=False``. With
``--by-openssl CONF`` OpenSSL has to refuse it by itself: ``OPENSSL_CONF`` is
Python's, the other is read by that which comes with cryptography.
"""

import contextlib
import functools
import hashlib
import importlib
import os
import sys
import unittest
from collections.abc import Callable
from typing import Any

_BARRED = {'md5', 'md5-sha1'}


def _bar() -> None:
    """Have hashlib refuse MD5, before anything else can import it."""
    make_new = hashlib.new

    def refuse(name: str, arguments: dict[str, Any]) -> None:
        if name.lower() in _BARRED and arguments.get('usedforsecurity', True):
            raise ValueError(f'{name} is barred for security')

    @functools.wraps(make_new)
    def new(name: str, *data: Any, **arguments: Any) -> Any:
        refuse(name, arguments)
        return make_new(name, *data, **arguments)

    def guarded(name: str, make: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(make)
        def guard(*data: Any, **arguments: Any) -> Any:
            refuse(name, arguments)
            return make(*data, **arguments)

        return guard

    hashlib.new = new
    hashlib.md5 = guarded('md5', hashlib.md5)


def _tests(name: str) -> unittest.TestSuite:
    loader = unittest.defaultTestLoader
    if hasattr(importlib.import_module(name), '__path__'):
        return loader.discover(name)
    return loader.loadTestsFromName(name)


def _ask_openssl(conf: str) -> None:
    """See to it that nothing comes from elsewhere than OpenSSL.

    :param conf: of the OpenSSL that cryptography has brought along: one
        module cannot serve two of them in a process.
    """
    os.environ['OPENSSL_CONF'] = conf
    backend = importlib.import_module('cryptography.hazmat.backends.openssl')
    if not backend.backend._fips_enabled:
        raise SystemExit('cryptography is not in the mode of FIPS 140')


def main(arguments: list[str]) -> int:
    """Return 0 where MD5 is refused and all tests pass."""
    if arguments[0] == '--by-openssl':
        _, conf, *names = arguments
        _ask_openssl(conf)
    else:
        names = arguments
        _bar()
    with contextlib.suppress(ValueError):
        hashlib.md5(b'')  # noqa: S324
        raise SystemExit('MD5 is not barred')
    suite = unittest.TestSuite(map(_tests, names))
    return not unittest.TextTestRunner().run(suite).wasSuccessful()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
