# SPDX-License-Identifier: Apache-2.0

"""What clients' own suites ask for beside key pairs: a flavor, no images."""

from typing import Any, Final

from keypair_ext.testbed.server import Answer, Request, document

_FLAVOR: Final = {
    'id': '1',
    'name': 'testbed.small',
    'ram': 512,
    'vcpus': 1,
    'disk': 1,
    'swap': '',
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': False,
    'os-flavor-access:is_public': True,
    'rxtx_factor': 1.0,
}


def flavors(request: Request, path: str, base: str) -> Answer | None:
    """Answer what is asked about flavors, None where it is something else.

    :param path: the part of it behind Compute's own.
    :param base: the server's URL.
    """
    flavor = {
        **_FLAVOR,
        'links': [
            {'rel': rel, 'href': f'{base}/compute/{version}flavors/1'}
            for rel, version in (('self', 'v2.1/'), ('bookmark', ''))
        ],
    }
    short = {key: flavor[key] for key in ('id', 'name', 'links')}
    documents: dict[str, Any] = {
        '/v2.1/flavors': {'flavors': [short]},
        '/v2.1/flavors/detail': {'flavors': [flavor]},
        '/v2.1/flavors/1': {'flavor': flavor},
    }
    if request.method not in ('GET', 'HEAD') or path not in documents:
        return None
    return document(200, documents[path])


def images(path: str, base: str) -> Answer:
    """Answer what is asked of the Image service."""
    links = [{'rel': 'self', 'href': f'{base}/image/v2/'}]
    version = {'id': 'v2.9', 'status': 'CURRENT', 'links': links}
    if path.strip('/') in ('', 'versions'):
        return document(
            200 if path.strip('/') else 300, {'versions': [version]}
        )
    if path == '/v2/images':
        return document(
            200,
            {
                'images': [],
                'first': '/v2/images',
                'schema': '/v2/schemas/images',
            },
        )
    return document(404, {'message': 'There are no images here.'})
