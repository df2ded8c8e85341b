# SPDX-License-Identifier: Apache-2.0

"""Public keys that are brought: what is stored, what is refused and why."""

import base64
from typing import Any

from tempest.lib import decorators

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.tests import base


class ImportTest(base.KeypairTestCase):
    """Keys of all types."""

    min_microversion = '2.2'

    @decorators.idempotent_id('e96a54e8-8ee8-45c3-b6d2-ad372afb8a06')
    def test_ssh(self) -> None:
        """Each is answered as it came, with its fingerprint."""
        for kind, public_key in keys.all_ssh().items():
            answer = self.create(public_key=public_key)
            self.assert_status(201, answer)
            expected = {
                'name': answer.keypair['name'],
                'type': 'ssh',
                'public_key': public_key,
                'fingerprint': keys.ssh_fingerprint(public_key),
                'user_id': self.client.user_id,
            }
            self.assertEqual(expected, answer.keypair, kind)
            shown = self.client.item('GET', expected['name'], self.version)
            for field, value in expected.items():
                self.assertEqual(value, shown.keypair[field], kind)

    @decorators.idempotent_id('3c73dc4d-33c3-4c7d-a08e-730b14397eca')
    def test_x509(self) -> None:
        """A certificate is answered as it came, with its fingerprint."""
        certificate = keys.certificate()
        answer = self.create(public_key=certificate, type='x509')
        self.assert_status(201, answer)
        self.assertEqual(certificate, answer.keypair['public_key'])
        self.assertEqual(
            keys.x509_fingerprint(certificate), answer.keypair['fingerprint']
        )
        self.assertNotIn('private_key', answer.keypair)

    @decorators.idempotent_id('d2200104-fb35-4adc-af02-af2383396c44')
    def test_line_end(self) -> None:
        """The end of the line that a file has does no harm."""
        for end in ('\n', '\r\n'):
            public_key = keys.one_ssh()
            answer = self.create(public_key=f'{public_key}{end}')
            self.assert_status(201, answer)
            self.assertEqual(
                keys.ssh_fingerprint(public_key),
                answer.keypair['fingerprint'],
            )

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('7d1885c7-d592-4951-8c9e-1f8a7c8d6b42')
    def test_refused(self) -> None:
        """What is no public key is refused, and nothing is stored."""
        for kind, (fields, _) in _refused().items():
            name = self.new_name()
            answer = self.create(name=name, **fields)
            self.assertEqual((400, 'badRequest'), answer.fault, kind)
            shown = self.client.item('GET', name, self.version)
            self.assert_status(404, shown)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('2a7350e4-d88b-4380-a826-bdb4621e6a4a')
    def test_told_why(self) -> None:
        """The refusal says what is wrong, and does not repeat the key."""
        self.skip_unless_ours()
        for kind, (fields, hint) in _refused().items():
            message = self.create(**fields).message
            self.assertIn(hint, message, kind)
            for word in fields['public_key'].split():
                if len(word) > 20:
                    self.assertNotIn(word, message, kind)

    @decorators.idempotent_id('0c87093d-a4ba-4ad7-b0c7-5103d5268aaf')
    def test_two_blanks(self) -> None:
        """More than one blank before the data changes no fingerprint."""
        self.skip_unless_ours()
        public_key = keys.one_ssh()
        for gap in ('  ', '\t'):
            answer = self.create(public_key=public_key.replace(' ', gap, 1))
            self.assert_status(201, answer)
            self.assertEqual(
                keys.ssh_fingerprint(public_key),
                answer.keypair['fingerprint'],
            )


def _refused() -> dict[str, tuple[dict[str, Any], str]]:
    """Return the fields of refused requests and what the refusal says."""
    line = keys.one_ssh()
    key_type, data, comment = line.split()
    short = base64.b64encode(base64.b64decode(data)[:-9]).decode()
    ssh = {
        'empty': ('', 'empty'),
        'junk': ('ssh-rsa JUNK tempest', 'ssh-rsa'),
        'data only': (data, 'name of its type'),
        'type only': (key_type, 'no data'),
        'other type': (f'ssh-rsa {data} {comment}', key_type),
        'unknown type': (f'ssh-pgp {data}', 'supported type'),
        'upper case': (line.replace('ssh', 'SSH', 1), 'lower case'),
        'cut off': (f'{key_type} {short}', 'cut off'),
        'options': (f'no-pty {line}', 'options'),
        'leading blank': (f' {line}', 'white space'),
        'certificate': (keys.certificate(), 'x509'),
        'private key': (keys.private_pem(), '.pub'),
    }
    x509 = {
        'SSH key as x509': (line, ''),
        'empty x509': ('', 'empty'),
    }
    return {
        **{
            kind: ({'public_key': text}, hint)
            for kind, (text, hint) in ssh.items()
        },
        **{
            kind: ({'public_key': text, 'type': 'x509'}, hint)
            for kind, (text, hint) in x509.items()
        },
    }
