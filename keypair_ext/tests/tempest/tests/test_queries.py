# SPDX-License-Identifier: Apache-2.0

"""Query parameters that nobody knows: since 2.75 they are refused."""

from typing import Any

from tempest.lib import decorators

from keypair_ext.tests.tempest.tests import base


class StrictQueryTest(base.KeypairTestCase):
    """Queries at 2.75."""

    min_microversion = '2.75'

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('ff4e8491-ca23-43b2-bf48-5859113ba07b')
    def test_unknown_parameters(self) -> None:
        """They are refused in a list, a show and a delete."""
        (name,) = self.create_some(1)
        unknown: dict[str, Any] = {'version': self.version, 'colour': 'red'}
        for answer in (
            self.client.call('GET', **unknown),
            self.client.item('GET', name, **unknown),
            self.client.item('DELETE', name, **unknown),
        ):
            self.assert_fault((400, 'badRequest'), answer)
        self.assert_status(200, self.client.item('GET', name, self.version))

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('12d3a131-724d-4082-a048-273e33a6429c')
    def test_paging_of_one(self) -> None:
        """What a list knows is unknown to a show."""
        (name,) = self.create_some(1)
        self.assert_fault(
            (400, 'badRequest'),
            self.client.item('GET', name, self.version, limit=1),
        )


class LenientQueryTest(base.KeypairTestCase):
    """Queries at 2.74."""

    min_microversion = '2.74'
    max_microversion = '2.74'

    @decorators.idempotent_id('efc3dc9f-992a-468e-bad6-9249adbea619')
    def test_unknown_parameters(self) -> None:
        """They are ignored, and not kept in links."""
        (name,) = self.create_some(1)
        listed = self.client.call(
            'GET', version=self.version, limit=1, colour='red'
        )
        self.assert_status(200, listed)
        self.assertNotIn(
            'colour', listed.document['keypairs_links'][0]['href']
        )
        shown = self.client.item('GET', name, self.version, colour='red')
        self.assert_status(200, shown)
