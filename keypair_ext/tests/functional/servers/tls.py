# SPDX-License-Identifier: Apache-2.0

"""A TLS server whose certificate nobody has reason to trust."""

import contextlib
import datetime
import socketserver
import ssl
import threading
from pathlib import Path

import fixtures
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid

from keypair_ext.tests.functional.servers import process


def write_certificate(directory: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, 'h')])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    paths = directory / 'certificate.pem', directory / 'key.pem'
    paths[0].write_bytes(certificate.public_bytes(pem))
    paths[1].write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Shake hands, and hang up."""
        # Who does not trust us says so, and is gone.
        with contextlib.suppress(OSError):
            self.server.context.wrap_socket(  # type: ignore[attr-defined]
                self.request, server_side=True
            ).close()


class TLSServer(fixtures.Fixture):
    """Listens on the loopback address; ``url`` is where."""

    url: str

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def _setUp(self) -> None:
        server = socketserver.ThreadingTCPServer(
            (process.LOOPBACK, 0), _Handler
        )
        self.addCleanup(server.server_close)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*write_certificate(self._directory))
        server.context = context  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        self.url = f'https://{process.LOOPBACK}:{server.server_address[1]}'
