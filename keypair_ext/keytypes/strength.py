# SPDX-License-Identifier: Apache-2.0

"""Rules on how strong a public key has to be, for reports and for imports.

The rules are the operator's, in ``[keypairs]``; what is known of single bad
keys is the library badkeys'. It is imported only where it is asked for.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cryptography import utils
from oslo_log import log as logging

from keypair_ext import exception
from keypair_ext.keytypes import description
from keypair_ext.keytypes.description import Description

LOG = logging.getLogger(__name__)

_CERTIFICATE = '-cert'
# By the type of the key pair: where a key begins.
_BEGIN = {
    'ssh': r'(?m)^[ \t]*(?:ssh-|ecdsa-sha2-|sk-)\S+[ \t]+AAAA',
    'x509': '-----BEGIN CERTIFICATE-----',
}

# Those of badkeys' checks that need nothing but the key, and no list.
_KNOWN_BAD = (
    'fermat',
    'roca',
    'rsainvalid',
    'rsapoly',
    'sharedprimes',
    'smalld',
    'smallfactors',
)


class Finding(NamedTuple):
    """A rule that a key breaks.

    :ivar rule: the name of the option that sets the rule.
    :ivar reason: what is wrong and what to do, without a part of the key.
    """

    rule: str
    reason: str


class Judge:
    """Applies rules.

    :param options: the group ``[keypairs]``.
    :raises ConfigurationError: known bad keys are to be found, and the
        library for it is not there.
    """

    def __init__(self, options: Any) -> None:
        self._algorithms: list[str] = sorted(set(options.allowed_algorithms))
        self._min_rsa_bits: int = options.min_rsa_bits
        self._allow_certificates: bool = options.allow_certificates
        self._allow_several_keys: bool = options.allow_several_keys
        self._look_up = _load_badkeys() if options.known_bad_keys else None

    def findings(
        self, key_type: str, public_key: str, found: Description | None = None
    ) -> Iterator[Finding]:
        """Yield the rules that a key breaks.

        :param found: its description, where that is known already.
        """
        found = found or description.describe(key_type, public_key)
        told = found.algorithm or 'unknown'
        algorithm = told.removesuffix(_CERTIFICATE)
        if self._algorithms and algorithm not in self._algorithms:
            yield Finding(
                'allowed_algorithms',
                f'keys of the algorithm {algorithm} are not allowed here: '
                f'use one of {", ".join(self._algorithms)}.',
            )
        if algorithm == 'rsa' and (found.bits or 0) < self._min_rsa_bits:
            yield Finding(
                'min_rsa_bits',
                f'RSA keys of {found.bits} bits are not allowed here: make '
                f'one of {self._min_rsa_bits} bits or more, with "ssh-keygen '
                f'-t rsa -b {max(self._min_rsa_bits, 3072)}".',
            )
        if not self._allow_certificates and told != algorithm:
            yield Finding(
                'allow_certificates',
                'certificates are not allowed here: send the public key that '
                'is in it, the .pub file.',
            )
        if not self._allow_several_keys and (
            len(re.findall(_BEGIN[key_type], public_key)) > 1
        ):
            yield Finding(
                'allow_several_keys',
                'several keys in one key pair are not allowed here: import '
                'each under a name of its own.',
            )
        if self._look_up is not None:
            yield from self._look_up(public_key)


class Strength:
    """What an import that breaks rules meets.

    :param enforces: refuse it; otherwise it is only logged.
    """

    def __init__(self, judge: Judge, *, enforces: bool) -> None:
        self._judge = judge
        self._enforces = enforces

    def check(self, key_type: str, public_key: str) -> None:
        """Return if a key is strong enough to be stored.

        :raises InvalidKey: it is not, and that is enforced.
        """
        if self._enforces:
            for finding in self._judge.findings(key_type, public_key):
                raise exception.InvalidKey(
                    reason=f'{finding.reason} (Rule: {finding.rule}.)'
                )

    def report(
        self, user_id: str, name: str, key_type: str, public_key: str
    ) -> None:
        """Log a warning where a key that is not strong enough was stored."""
        found = self._judge.findings(key_type, public_key)
        if rules := ', '.join(finding.rule for finding in found):
            LOG.warning(
                'Key pair %(name)r of user %(user)s breaks %(rules)s.',
                {'name': name, 'user': user_id, 'rules': rules},
            )


class Unjudged:
    """The strength of Nova: every key is strong enough."""

    def check(self, key_type: str, public_key: str) -> None:
        """Return."""

    def report(
        self, user_id: str, name: str, key_type: str, public_key: str
    ) -> None:
        """Log nothing."""


def load(options: Any) -> Strength | Unjudged:
    """Return what ``[keypairs] strength`` asks for.

    :raises ConfigurationError: it cannot be had.
    """
    if options.strength == 'off':
        return Unjudged()
    return Strength(Judge(options), enforces=options.strength == 'enforce')


def _known_bad() -> tuple[str, ...]:
    """Return the checks to make, that of the list where there is one.

    Where it is looked for and is not there, badkeys ends the process.
    """
    cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    has_list = all(
        os.path.exists(os.path.join(cache, 'badkeys', name))
        for name in ('badkeysdata.json', 'blocklist.dat')
    )
    return (*_KNOWN_BAD, 'blocklist') if has_list else _KNOWN_BAD


def _load_badkeys() -> Callable[[str], Iterator[Finding]]:
    try:
        from badkeys import checks
    except ImportError as error:
        raise exception.ConfigurationError(
            reason='[keypairs] known_bad_keys is set, and badkeys is not '
            "installed: pip install 'keypair-ext[badkeys]'"
        ) from error

    wanted = _known_bad()

    def look_up(public_key: str) -> Iterator[Finding]:
        try:
            told: dict[str, Any] = checks.detectandcheck(public_key, wanted)
        except utils.CryptographyDeprecationWarning:
            return  # A DSA key, where warnings are errors.
        if told['results']:
            yield Finding(
                'known_bad_keys',
                f'it is known to be broken ({", ".join(told["results"])}), so '
                f'that others can compute its private key: make a new one.',
            )

    return look_up
