# SPDX-License-Identifier: Apache-2.0

"""A password file as Apache's ``htpasswd -B`` writes it.

bcrypt hashes only. The file is read again when it changes; what is wrong in
it then shuts out those it concerns and nobody else gets in by it.
"""

import codecs
import hmac
import logging
import os
import re
import secrets
import time

import bcrypt

from keypair_ext import exception, files

LOG = logging.getLogger(__name__)

# The last character of the salt carries two bits: bcrypt refuses the others.
_HASH = re.compile(
    rb'\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$'
    rb'[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}'
)
_LOWEST_COST = 4

# bcrypt looks at no more of a password, and its library refuses more.
_MAX_PASSWORD = 72

_Stamp = tuple[int, ...]


class Users:
    """The users of one reading of the file.

    A bcrypt hash is made to be dear to check. So the last right password of
    each user is remembered, as a keyed digest that is of no use elsewhere.
    """

    def __init__(self, stamp: _Stamp | None, hashes: dict[bytes, bytes]):
        self.stamp = stamp
        self._hashes = hashes
        costs = map(_cost, hashes.values())
        self._highest = max(costs, default=_LOWEST_COST)
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, tuple[bytes, float]] = {}

    def age(self, user: bytes, password: bytes) -> float | None:
        """Return how many seconds ago the password was found right.

        None if it was not, or another one has been since.
        """
        digest, since = self._right.get(user, (b'', 0.0))
        known = hmac.compare_digest(digest, self._digest(password))
        return time.monotonic() - since if known else None

    def _digest(self, password: bytes) -> bytes:
        # A keyed BLAKE2 would do, but FIPS systems refuse it.
        return hmac.digest(self._key, password, 'sha256')

    def verify(self, user: bytes, password: bytes) -> bool:
        """Tell if the password is the user's, and remember it if it is.

        If not, it takes as long as for the user whose hash is the dearest,
        so that the time does not tell which users there are: what that hash
        costs more is made up for. A cost of one more is twice the work.
        """
        nobodys = _nobodys_hash(self._highest)
        crypted = self._hashes.get(user, nobodys)
        # bcrypt in C ends a password at a NUL character; nobody has one.
        possible = user in self._hashes and b'\0' not in password
        tried = password[:_MAX_PASSWORD] if possible else b''
        if bcrypt.checkpw(tried, crypted) and possible:
            self._right[user] = (self._digest(password), time.monotonic())
            return True
        for cost in range(_cost(crypted), self._highest):
            bcrypt.checkpw(tried, _nobodys_hash(cost))
        return False


def _cost(crypted: bytes) -> int:
    return int(crypted[4:6])


def _nobodys_hash(cost: int) -> bytes:
    return b'$2b$%02d$' % cost + b'.' * 53


class PasswordFile:
    """The users of a password file as it is now.

    :raises ConfigurationError: the file cannot be read, or a line of it
        cannot be used.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            stamp = _stamp(path)
            hashes, faults = _parse(files.content(path))
        except OSError as error:
            raise exception.ConfigurationError(
                reason=f'The password file {path} cannot be read: '
                f'{error.strerror}. Make it with "htpasswd -B", or name '
                f'another in [api] http_basic_user_file.'
            ) from error
        if faults:
            raise exception.ConfigurationError(
                reason=f'Password file {path}, {faults[0]}.'
            )
        self._users = Users(stamp, hashes)

    def users(self) -> Users:
        """Return the users, the same object until the file changes."""
        users = self._users
        # Looking at each request means that a user who was removed is refused
        # at once.
        try:
            stamp = _stamp(self._path)
        except OSError:
            stamp = None
        if stamp != users.stamp:
            users = self._users = self._read_again(stamp)
        return users

    def _read_again(self, stamp: _Stamp | None) -> Users:
        """Read the changed file; a line that cannot be used is left out.

        Refusing all users for one bad line would lock the cloud for a slip
        of the pen, keeping the old ones would let removed users in.
        """
        try:
            hashes, faults = _parse(files.content(self._path))
        except OSError as error:
            LOG.error(
                'The password file %s cannot be read, all users are refused: '
                '%s',
                self._path,
                error.strerror,
            )
            return Users(stamp, {})
        for fault in faults:
            LOG.error('Password file %s, %s', self._path, fault)
        LOG.info('Read %d users from %s', len(hashes), self._path)
        return Users(stamp, hashes)


def _stamp(path: str) -> _Stamp:
    """Return what is different after the file changed."""
    stat = os.stat(path)
    return (
        stat.st_mtime_ns,
        stat.st_ctime_ns,
        stat.st_size,
        stat.st_ino,
        stat.st_dev,
    )


def _parse(content: bytes) -> tuple[dict[bytes, bytes], list[str]]:
    """Return the hashes by user, and what is wrong with which line."""
    hashes: dict[bytes, bytes] = {}
    faults = []
    for number, line in enumerate(content.splitlines(), start=1):
        entry = line.strip()
        if not entry or entry.startswith(b'#'):
            continue
        user, _, crypted = entry.partition(b':')
        fault = _fault(user, crypted, hashes)
        if fault:
            faults.append(f'line {number}: {fault}')
        else:
            hashes[user] = crypted
    return hashes, faults


def _fault(
    user: bytes, crypted: bytes, hashes: dict[bytes, bytes]
) -> str | None:
    """Return what is wrong with an entry, never quoting it."""
    if not user:
        return 'there is no user name'
    if user.decode(errors='ignore').encode() != user:
        return 'the user name is not UTF-8'
    if user.startswith(codecs.BOM_UTF8):
        return 'a byte order mark comes before the user name'
    if user in hashes:
        return 'the user has a line already'
    if not _HASH.fullmatch(crypted):
        return (
            'the password is not a bcrypt hash as "htpasswd -B" makes it '
            '($2y$, $2b$ or $2a$)'
        )
    return None
