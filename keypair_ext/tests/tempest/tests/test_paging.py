# SPDX-License-Identifier: Apache-2.0

"""Pages and the links between them: since 2.35."""

from typing import Any
from urllib import parse as urlparse

from tempest.lib import decorators

from keypair_ext.tests.tempest.services import keypairs_client
from keypair_ext.tests.tempest.tests import base


class PagingTest(base.KeypairTestCase):
    """Pages of an ordinary user's own."""

    min_microversion = '2.35'

    def list(self, **query: Any) -> keypairs_client.Answer:
        return self.client.call('GET', version=self.version, **query)

    @decorators.idempotent_id('77a2be0b-a600-4809-8d98-041813564cdd')
    def test_limit_and_marker(self) -> None:
        """A page begins behind the marker."""
        names = self.create_some(4)
        everything = self.list().names
        self.assertEqual(names, [n for n in everything if n in names])
        page = self.list(limit=2, marker=names[0])
        at = everything.index(names[0]) + 1
        self.assertEqual(everything[at : at + 2], page.names)

    @decorators.idempotent_id('88eab825-d769-45a6-9576-65abf2bf5dbc')
    def test_links_lead_through_everything(self) -> None:
        """Following the links shows each key pair once."""
        names = self.create_some(5)
        seen: list[str] = []
        pages = 0
        link: str | None = f'{keypairs_client.COLLECTION}?limit=2'
        while link is not None:
            page = self.client.call('GET', link, version=self.version)
            self.assert_status(200, page)
            seen += page.names
            pages += 1
            link = _next(page.document)
        self.assertEqual(sorted(set(seen)), sorted(seen))
        self.assertLessEqual(set(names), set(seen))
        self.assertGreaterEqual(pages, 3)

    @decorators.idempotent_id('632f6104-c6a6-43ab-85e6-e2b69da7f1d3')
    def test_link(self) -> None:
        """A link keeps the limit and has the last name as its marker."""
        self.create_some(2)
        page = self.list(limit=2)
        query = urlparse.parse_qs(
            urlparse.urlsplit(_next(page.document) or '').query
        )
        self.assertEqual({'limit': ['2'], 'marker': [page.names[-1]]}, query)

    @decorators.idempotent_id('bfb25aeb-503e-4712-98e6-1dd9391843b7')
    def test_no_link_on_the_last_page(self) -> None:
        """Where a page is not full there is no link."""
        self.create_some(1)
        self.assertNotIn('keypairs_links', self.list(limit=900).document)

    @decorators.idempotent_id('76606abf-ae77-4e47-8375-8c94a47d7d9c')
    def test_limit_of_nothing(self) -> None:
        """A limit of 0 is an empty page."""
        self.create_some(1)
        page = self.list(limit=0)
        self.assert_status(200, page)
        self.assertEqual({'keypairs': []}, page.document)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('993b848e-5bcc-4d29-98bb-4a91260afa41')
    def test_refused(self) -> None:
        """Limits that are no numbers and unknown markers are refused."""
        for limit in ('-1', 'two', '1.5', ''):
            self.assert_fault((400, 'badRequest'), self.list(limit=limit))
        for marker in (self.new_name(), ''):
            self.assert_fault((400, 'badRequest'), self.list(marker=marker))


class PagingBefore235Test(base.KeypairTestCase):
    """Without pages."""

    min_microversion = '2.34'
    max_microversion = '2.34'

    @decorators.idempotent_id('ec631412-6241-48f3-be6b-79b09fa2d2c5')
    def test_limit_is_ignored(self) -> None:
        """All key pairs are in one answer."""
        names = self.create_some(3)
        answer = self.client.call('GET', version=self.version, limit=1)
        self.assertLessEqual(set(names), set(answer.names))
        self.assertNotIn('keypairs_links', answer.document)


class AdminPagingTest(base.KeypairTestCase):
    """Pages of somebody else's."""

    credentials = ['primary', 'admin']
    min_microversion = '2.35'

    @decorators.idempotent_id('95a02184-b170-49b9-8498-668679c64852')
    def test_link_keeps_the_user(self) -> None:
        """The next page is of the same user."""
        names = self.create_some(3)
        admin = self.client_of(self.os_admin)
        first = admin.call(
            'GET',
            version=self.version,
            limit=2,
            user_id=self.client.user_id,
        )
        link = _next(first.document)
        self.assertIsNotNone(link)
        second = admin.call('GET', link or '', version=self.version)
        self.assertEqual(names, first.names + second.names)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('d4da63fd-3430-47c6-8a8a-ecb9e1a3b68a')
    def test_marker_of_another_user(self) -> None:
        """A marker has to be a key pair of the user who is listed."""
        (name,) = self.create_some(1)
        admin = self.client_of(self.os_admin)
        self.assert_fault(
            (400, 'badRequest'),
            admin.call('GET', version=self.version, marker=name),
        )


def _next(document: dict[str, Any]) -> str | None:
    """Return the link to the next page, if there is one."""
    links = document.get('keypairs_links', [])
    return next((x['href'] for x in links if x['rel'] == 'next'), None)
