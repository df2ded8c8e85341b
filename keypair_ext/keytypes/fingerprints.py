# SPDX-License-Identifier: Apache-2.0

"""Fingerprints: names of keys, as Nova and as OpenSSH write them.

Nothing is secured by them, so they work where MD5 and SHA-1 are barred.
"""

import base64
import hashlib


def md5(blob: bytes) -> str:
    """Return the fingerprint of an SSH key's blob: ``1e:2c:9b``."""
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(':')


def sha1(der: bytes) -> str:
    """Return the fingerprint of a certificate in DER."""
    return hashlib.sha1(der, usedforsecurity=False).digest().hex(':')


def sha256(data: bytes) -> str:
    """Return ``SHA256:`` and base64 without padding, as OpenSSH does."""
    digest = base64.b64encode(hashlib.sha256(data).digest())
    return f'SHA256:{digest.decode().rstrip("=")}'
