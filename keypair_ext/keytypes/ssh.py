# SPDX-License-Identifier: Apache-2.0

"""SSH keys: the public keys that OpenSSH writes, and new key pairs.

A key is first given to cryptography; why one was refused is found out
afterwards, so that a good key pays nothing for the explanations.
"""

import binascii
import re

from cryptography.hazmat.primitives import serialization

from keypair_ext import exception
from keypair_ext.keytypes import (
    algorithms,
    base,
    fingerprints,
    ssh_format,
    ssh_refusals,
)


class SshKeyType:
    """Keys for servers that are entered with SSH."""

    def __init__(self, make_key: algorithms.MakeKey) -> None:
        self._make_key = make_key

    def fingerprint(self, public_key: str) -> str:
        """Return the MD5 of the key's blob (RFC 4253 section 6.6), as Nova.

        So does ``ssh-keygen -l -E md5``, but for certificates: it shows the
        key inside, Nova hashes the certificate.

        :param public_key: ``TYPE DATA [COMMENT]`` as in OpenSSH's .pub
            files; what follows on other lines is not looked at
        :raises InvalidKey: it is not such a key
        """
        line = base.encode(public_key)
        found = ssh_format.LINE.match(line)
        if (
            found is None
            or not ssh_format.loads(line, found[1], found[2])
            or not _ends_clearly(line, found)
        ):
            raise exception.InvalidKey(
                reason=ssh_refusals.explain(public_key, line)
            )
        return fingerprints.md5(binascii.a2b_base64(found[2]))

    def rewrite(
        self,
        public_key: str,
        restore_padding: bool,
        default_comment: str | None,
    ) -> str:
        """Return a client's key as some vendors store it.

        Whatever is not rewritten stays byte for byte; a text that does not
        begin like an SSH public key stays altogether.

        :param restore_padding: append the ``=`` that the base64 data lacks
        :param default_comment: put it, after a blank, behind data that nothing
            but white space follows; None for never
        """
        found = re.match(r'(\S+)[ \t]+(\S+)', public_key, re.ASCII)
        if found is None or not ssh_format.is_known(found[1]):
            return public_key
        key, rest = public_key[: found.end()], public_key[found.end() :]
        if restore_padding:
            data = found[2].encode(errors='replace')
            key += ssh_format.missing_padding(data)
        if default_comment is not None and not rest.strip():
            key += f' {default_comment}'
        return key + rest

    def generate(self, user_id: str, comment: str) -> base.GeneratedKey:
        """Make a key pair.

        :param user_id: not used: an SSH key names nobody
        :param comment: put behind the public key, unless it is empty; it
            may end in a newline
        :returns: the private key in PEM, not encrypted, and the public key
            as one line
        """
        private_key = self._make_key()
        public_key = private_key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        blob = binascii.a2b_base64(public_key.split(b' ')[1])
        line = public_key.decode()
        return base.GeneratedKey(
            public_key=f'{line} {comment}' if comment else line,
            private_key=algorithms.pem(private_key),
            fingerprint=fingerprints.md5(blob),
        )


def _ends_clearly(line: bytes, found: re.Match[bytes]) -> bool:
    """Tell whether it is beyond doubt, or to Nova, where the data ends.

    Nova decodes all that stands before the next blank, line breaks and what
    follows them included, and refuses what does not decode.
    """
    glued = line[found.end() :].split(b' ', 1)[0]
    text = glued.lstrip()
    gap = glued[: len(glued) - len(text)]
    if found[2].isascii() and not (text and gap.strip(b'\t')):
        return True
    return _nova_decodes(line)


def _nova_decodes(line: bytes) -> bool:
    words = line.split(b' ', 2)
    try:
        binascii.a2b_base64(words[1])
    except (IndexError, binascii.Error):
        return False
    return words[1].isascii()
