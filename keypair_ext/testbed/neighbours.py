# SPDX-License-Identifier: Apache-2.0

"""What clients' own suites look for beside key pairs.

One flavor, one image, one network and no volume, by the names by which those
suites choose. Nothing can be done with them.
"""

from typing import Any, Final

from keypair_ext.testbed.server import Answer, Request, document

_FLAVOR: Final = {
    'id': '1',
    'name': 'm1.tiny',
    'ram': 512,
    'vcpus': 1,
    'disk': 1,
    'swap': '',
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': False,
    'os-flavor-access:is_public': True,
    'rxtx_factor': 1.0,
}
_IMAGE: Final = {
    'id': '5f0b9d8e-4c1a-4b57-9d0e-6a2c8e3f7b14',
    'name': 'cirros-testbed',
    'status': 'active',
    'visibility': 'public',
    'container_format': 'bare',
    'disk_format': 'qcow2',
    'size': 0,
    'min_disk': 0,
    'min_ram': 0,
    'tags': [],
}
_NETWORK: Final = {
    'id': 'c7e1f5a2-93d4-4f0b-8e66-1b5d0a9c2f38',
    'name': 'private',
    'status': 'ACTIVE',
    'admin_state_up': True,
    'shared': True,
    'subnets': [],
}

# By the first part of their paths: the id of a version, the part of the path
# for it, and what there is.
SERVICES: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    'image': ('v2.9', 'v2', {'images': [_IMAGE]}),
    'network': ('v2.0', 'v2.0', {'networks': [_NETWORK]}),
    'volume': ('v3.0', 'v3', {'volumes': []}),
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


def answer(service: str, path: str, base: str) -> Answer:
    """Answer what is asked of a service that does nothing.

    :param service: one of ``SERVICES``.
    :param path: the part of it behind the service's own.
    :param base: the server's URL.
    """
    version_id, version, listed = SERVICES[service]
    if path.strip('/') in ('', 'versions'):
        links = [{'rel': 'self', 'href': f'{base}/{service}/{version}/'}]
        told = {'id': version_id, 'status': 'CURRENT', 'links': links}
        return document(200 if path.strip('/') else 300, {'versions': [told]})
    if path in {f'/{version}/{kind}' for kind in listed}:
        return document(200, listed)
    return document(404, {'message': 'The test bed has no such thing.'})
