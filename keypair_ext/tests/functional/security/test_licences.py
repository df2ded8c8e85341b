# SPDX-License-Identifier: Apache-2.0

"""Nothing is installed with us whose licence forbids somebody to use us."""

import email.message
import importlib.metadata
import re
from collections.abc import Iterable, Iterator

from packaging import requirements

from keypair_ext.tests import base

EXTRAS = ('mysql', 'notifications', 'postgresql', 'serve', 'unified')

ALLOWED = {
    'Apache-2.0',
    'BSD',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'ISC',
    'LicenseRef-Repoze-BSD-derived',
    'MIT',
    'MIT-0',
    'MPL-2.0',
    'PSF-2.0',
}

# Allowed for one package only: it is imported, not changed.
SINGLE = {('psycopg2-binary', 'LGPL with exceptions')}

# How packages write the names of SPDX.
NAMES = {
    'Apache 2.0': 'Apache-2.0',
    'Apache License, Version 2.0': 'Apache-2.0',
    'Apache Software License': 'Apache-2.0',
    'BSD License': 'BSD',
    'ISC License (ISCL)': 'ISC',
    'MIT License': 'MIT',
    'Mozilla Public License 2.0 (MPL 2.0)': 'MPL-2.0',
}


def installed() -> Iterator[importlib.metadata.Distribution]:
    """Yield all that the package asks for, directly or not, and has got."""
    wanted: list[tuple[str, tuple[str, ...]]] = [('keypair-ext', EXTRAS)]
    seen = set()
    while wanted:
        name, extras = wanted.pop()
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if (found.name, extras) not in seen:
            seen.add((found.name, extras))
            yield found
            wanted += _required(found, extras)


def _required(
    distribution: importlib.metadata.Distribution, extras: Iterable[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for text in distribution.requires or ():
        needed = requirements.Requirement(text)
        if needed.marker is None or any(
            needed.marker.evaluate({'extra': extra}) for extra in ('', *extras)
        ):
            yield needed.name, tuple(sorted(needed.extras))


def licence(metadata: email.message.Message) -> str:
    """Return what a package says of its licence, in the best place."""
    classifiers = [
        text.rpartition(' :: ')[2]
        for text in metadata.get_all('Classifier', [])
        if text.startswith('License :: ') and not text.endswith('Approved')
    ]
    for expression in map(metadata.get, ('License-Expression', 'License')):
        if expression and expression != 'UNKNOWN':
            return str(expression)
    return ' OR '.join(classifiers)


def is_allowed(name: str, expression: str) -> bool:
    """Tell whether all that is named, or an alternative, can be chosen."""
    alternatives = re.split(' OR ', expression, flags=re.IGNORECASE)
    if ' AND (' in expression:
        # Alternatives that are a part of the whole: each has to be allowed.
        every = re.sub(r'[()]', '', ' AND '.join(alternatives))
        alternatives = [every]
    return any(
        all(
            (name, part) in SINGLE or NAMES.get(part, part) in ALLOWED
            for part in alternative.split(' AND ')
        )
        for alternative in alternatives
    )


class LicencesTest(base.TestCase):
    def test_all_that_is_installed_with_us(self) -> None:
        names = set()
        for distribution in installed():
            names.add(distribution.name)
            found = licence(distribution.metadata)  # type: ignore[arg-type]
            with self.subTest(package=distribution.name, licence=found):
                self.assertTrue(is_allowed(distribution.name, found))
        self.assertLessEqual({'cryptography', 'SQLAlchemy', 'WebOb'}, names)

    def test_what_is_not_allowed(self) -> None:
        for expression in (
            'GPL-3.0',
            'MIT AND GPL-2.0',
            'MIT AND (GPL-2.0 OR GPL-3.0)',
            'UNKNOWN',
            '',
        ):
            self.assertFalse(is_allowed('x', expression))
        for expression in (
            'GPL-3.0 OR MIT',
            'MIT AND BSD License',
            'MPL-2.0 AND (Apache-2.0 OR MIT)',
        ):
            self.assertTrue(is_allowed('x', expression))
