# SPDX-License-Identifier: Apache-2.0

"""The operator's policy files: which there are, what they say, if they change.

They are read here rather than by oslo.policy to have them read as UTF-8
whatever the locale, and to name the very file that is at fault.
"""

import errno
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from oslo_config import cfg
from oslo_policy import opts, policy

from keypair_ext import conf as keypair_conf, exception, files

SEARCH_INTERVAL = 1.0


# What is known of files without reading them; None for one that is away.
Fingerprint = tuple[tuple[str, int, int, int, int] | None, ...]


class Written(NamedTuple):
    """A check as it stands in a file: text, or oslo.policy's old lists."""

    path: str
    check: object


class PolicyFiles:
    """The files that ``[oslo_policy]`` names.

    :param conf: the configuration.
    :param search_interval: for how many seconds files that are not there are
        not looked for again; files that are there are looked at each time.
    """

    def __init__(
        self, conf: cfg.ConfigOpts, search_interval: float = SEARCH_INTERVAL
    ) -> None:
        self._conf = conf
        self._search_interval = search_interval
        # It registers its options, and knows how the file is called.
        self.name = policy.Enforcer(conf, use_conf=False).policy_file
        # A Nova does without what it does not read.
        if keypair_conf.is_ours(conf):
            for group, registered in opts.list_opts():
                keypair_conf.register_missing(conf, registered, group)
        self._next_search = 0.0
        self._found: dict[str, str] = {}
        self._file: str | None = None
        self._directories: list[str] = []

    def fingerprint(self) -> Fingerprint:
        """Return what changes when a policy file or directory does."""
        now = time.monotonic()
        if now >= self._next_search:
            self._next_search = now + self._search_interval
            self._search()
        try:
            return tuple(map(_stat, (*self._directories, *self._paths())))
        except exception.ConfigurationError:
            return tuple(map(_stat, self._directories))

    def read(self) -> dict[str, Written]:
        """Return the rules of all files; later files go before earlier ones.

        :raises ConfigurationError: one of them cannot be used.
        """
        self._search()
        rules: dict[str, Written] = {}
        for path in self._paths():
            for name, check in _read(path).items():
                rules[name] = Written(path, check)
        return rules

    def missing(self) -> Iterator[str]:
        """Yield a sentence for each that is named and is not there."""
        options = self._conf.oslo_policy
        for option, names in (
            ('policy_file', [self.name]),
            ('policy_dirs', options.policy_dirs),
        ):
            where = self._conf.get_location(option, 'oslo_policy')
            if where is None or not where.location.is_user_controlled:
                continue
            for name in names:
                if not self._conf.find_file(name):
                    yield (
                        f'[oslo_policy] {option} names {name}, which is not '
                        f'there: create it or take the option out.'
                    )

    def _search(self) -> None:
        """Find the policy file and the policy directories that exist."""
        self._file = self._find(self.name)
        names = self._conf.oslo_policy.policy_dirs
        self._directories = [path for path in map(self._find, names) if path]

    def _find(self, name: str) -> str | None:
        """Return where it is, or was before it could no longer be looked."""
        path = self._conf.find_file(name) or self._found.get(name)
        if path is None or not _is_there(path):
            return None
        self._found[name] = path
        return path

    def _paths(self) -> Iterator[str]:
        """Yield the files in the order in which oslo.policy reads them."""
        if self._file:
            yield self._file
        for directory in self._directories:
            try:
                names = sorted(os.listdir(directory))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise refusal(directory, str(error.strerror)) from error
            for name in names:
                path = os.path.join(directory, name)
                if not (name.startswith('.') or os.path.isdir(path)):
                    yield path


def _read(path: str) -> dict[str, object]:
    try:
        text = files.content(path).decode()
        parsed: object = policy.parse_file_contents(text)
    except FileNotFoundError as error:
        if os.path.islink(path):
            raise refusal(path, 'it is a link to nothing') from error
        # It went after it was found.
        return {}
    except OSError as error:
        raise refusal(path, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise refusal(path, f'it is not UTF-8 (byte {error.start})') from error
    except RecursionError as error:
        raise refusal(path, 'it is nested too deeply') from error
    except ValueError as error:
        raise refusal(path, ' '.join(str(error).split())) from error
    if not isinstance(parsed, dict):
        raise refusal(path, 'it must hold check strings by the names of rules')
    return parsed


def refusal(path: str, reason: str) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        reason=f'Policy file {path} cannot be used: {reason}.'
    )


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except OSError as error:
        # Of any other it is not known.
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


def _stat(path: str) -> tuple[str, int, int, int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    # The second time is that of a changed owner or mode.
    times = stat.st_mtime_ns, stat.st_ctime_ns
    return path, *times, stat.st_size, stat.st_ino
