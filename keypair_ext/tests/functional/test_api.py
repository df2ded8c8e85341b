# SPDX-License-Identifier: Apache-2.0

"""Loads the stories in ``gabbits``, each of them a suite of its own.

A story whose name begins with ``better`` is about a difference from Nova,
one that begins with ``service`` about what only the stand-alone service has
or an option of ours. All the others are true of Nova 34 as they stand. Who
asks what, where a story does not say it, is here.
"""

import pathlib
import unittest
import uuid
from typing import Any, Final

from gabbi import handlers, suitemaker, utils

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

GABBITS: Final = pathlib.Path(__file__).parent / 'gabbits'

USUAL: Final = {
    'x-auth-token': fixtures.TOKEN,
    'content-type': 'application/json',
}


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> Any:
    """Return the stories as tests, for any runner of unittest's kind."""
    return unittest.TestSuite(
        suitemaker.test_suite_from_dict(
            loader,
            f'test_api_{path.stem}',
            with_defaults(utils.load_yaml(yaml_file=path)),
            str(GABBITS),
            str(uuid.uuid4()),
            8001,
            fixtures,
            lambda: fixtures.application,
            handlers=[made() for made in handlers.RESPONSE_HANDLERS],
            inner_fixtures=[base.WarningsAreErrors],
        )
        for path in sorted(GABBITS.glob('*.yaml'))
    )


def with_defaults(story: dict[str, Any]) -> dict[str, Any]:
    """Return a story in which amelia asks the service, and sends JSON."""
    defaults = story.get('defaults', {})
    headers = {**USUAL, **defaults.get('request_headers', {})}
    return {
        'fixtures': ['ServiceFixture'],
        **story,
        'defaults': {**defaults, 'request_headers': headers},
    }
