# SPDX-License-Identifier: Apache-2.0

"""Public keys that OpenSSH and OpenSSL wrote, one per kind.

The fingerprints are those of ``ssh-keygen -l -E md5``, but for the
certificates, where that prints the one of the key inside.
"""

from typing import NamedTuple


class Vector(NamedTuple):
    type: str
    fingerprint: str
    data: str

    @property
    def line(self) -> str:
        return f'{self.type} {self.data}'


RSA_512 = Vector(
    'ssh-rsa',
    '1c:7c:5a:ea:ec:54:ec:ad:f6:41:e9:d8:bb:55:8b:c7',
    'AAAAB3NzaC1yc2EAAAADAQABAAAAQQCqZ90LvBy1/Xmwezk4U53Ngq4DQnKtXqWIKVbf'
    'onFDkL0YcBIIx8nLdXjzBxXsPENf2q71VJwUxERK5cFkeowB',
)
RSA_1024 = Vector(
    'ssh-rsa',
    'ec:9d:9c:89:3a:53:97:a5:2a:d2:bd:bc:ad:52:7b:d3',
    'AAAAB3NzaC1yc2EAAAADAQABAAAAgQDIoXO9N4S8F1DvgEoCxW/uuQ+yxa5QsT+Xv/iJ'
    'T5EcjmDh0ZpSsuMaWe+sO0KUjNsmUMT+fEGRHxw4Y+ivodvCeUJpD8JDVb9oEuk3yj8M'
    'leXQ96R+d3n08Dfzhmi2pYBMfuUg0EtaMN/NQe8oFCPHTAQz+dx1CPI1ZSbmVPrMXw==',
)
RSA_2048 = Vector(
    'ssh-rsa',
    '90:db:63:8d:30:99:65:16:07:1d:00:80:a7:c3:fd:94',
    'AAAAB3NzaC1yc2EAAAADAQABAAABAQCxlwZSlecRqDPw7yg8XiAvCkjQh9f7PNPJK+ua'
    'NtnBK1a+AbTCmkoBRAdDME9rgr3l2xHy8fF9EVADn5y1P8fUfR0y2BNGNBDDy86zYwE9'
    '0LcnTk0Q3TSf/idFwi/SKIzUxOHcSKXDel7LvtGL5cFl+lCYAx5+TE+gcUFjzIWKtGvA'
    '0vyl6pkoSfZthUDyD5vbTfqJHuMEZzKFzlcyGSMzhvfDsaUsnwEXxvvA1TOa/xiytKpw'
    'VL5h33Mt2tt0tNT9bRyVfQPrPgBoT7Opi2dPOmwyUvFYgXzSU3ag+LwrjeeRPFlAVVh+'
    '8rJ+++7mzaxlD5xAVlN71mF0J6sxzfE7',
)
# Its primes follow each other, so that Fermat's method finds them.
RSA_CLOSE_PRIMES = Vector(
    'ssh-rsa',
    'b2:e9:cb:ea:cd:ab:7f:c0:f5:5c:1a:42:bd:9c:a2:11',
    'AAAAB3NzaC1yc2EAAAADAQABAAABAQCQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIAoAA'
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAGtot',
)
DSA = Vector(
    'ssh-dss',
    '3a:9d:f3:f2:eb:7e:d2:ba:65:89:78:36:04:77:df:16',
    'AAAAB3NzaC1kc3MAAACBAMiY2nEYzWsa2p9RuK0LjXTLUJ2Qt6o/GsjXo6kwzf41n5ov'
    '5My7FajwmxUs5iyc3tTtgEsIWwEcoZVPh+CjL/pb0/ivZrS9KvBKgnFETAOlwJVMfRme'
    'InAZxw6yALJHKqeC6QsAA5+zT+SdhA5ft7nOQQxJDDtXCglidwQr1qKNAAAAFQC/6GiN'
    'hR3gJr+QKIPc4w8dJUOoNwAAAIAdL1QEnIR1aqB8BECqiTe4PTNTT3s02xm1wza4PAu2'
    'mYDTr36TzOxjsiXITHF728NOsaRa7vAEs9xaKHfW9HCop17pXnaqlLsJ8gdw4x+DXg/+'
    'O15k+6VPWBMoiQdAkG+JJ/5cloyEe//JpL356E32qID5qD7qiRl2/UDEgKQV5QAAAIBQ'
    'WTR2NUTxBhoPfJR9qlyxLE8c2Qdmel6kAv2g6nvgHx74AxX3xfhCYLq7Qs03MHJzenuV'
    'qX3kYhk0waotZ21d56rGm07Z3Ag7y52AlD80sE4OC4zGJww0j8sJ44w/o3H+QWvvuCJE'
    'mNobjwBHknDnIKlG/wN1HPnU8odLSqve7w==',
)
ECDSA_256 = Vector(
    'ecdsa-sha2-nistp256',
    'd7:b6:a4:d1:1e:b5:20:a1:b3:2d:d2:af:a0:cc:22:51',
    'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCay8JcN4NV1hj49'
    '9bCOuMHJVOR37jws1B1aqb7v/lyBKaIZ3HwuVBeA2JNDA7I6iqx7wckuJw5ZiQknhbvg'
    'Hyw=',
)
ECDSA_384 = Vector(
    'ecdsa-sha2-nistp384',
    'af:00:58:71:1f:fe:b9:b5:1b:7c:46:e2:31:9b:0a:27',
    'AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBLAqn1lMJ1/H1p4d'
    'v0hMC/g/9z+Ys2ztFLPSc2wWHvLJkwBpjxw6mMfO+tOpalyLwVPcvIA/zWg4QWOWtjQR'
    'hg8QUaH+uvG4zhWN2Yb9oqH8TANRHUpiE1DEbg0t5oG6Mg==',
)
ECDSA_521 = Vector(
    'ecdsa-sha2-nistp521',
    '37:b9:70:f5:47:80:18:b1:27:7a:a8:ce:93:0e:f7:8d',
    'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBABn4NhFK4KVX8PV'
    '9scfhS037MR0CHK8oubu9vtiXgJGkxLrGlE2SL92+i9I75pbQsKE82Zgf18H8Vm+NYfy'
    'LuSfAwFkIPI4PkFclMM6L5RunAYtc+K49uwdhd5bSVO84jcI8P8GW1+0mcYso6DUw1Xq'
    'CBBWi5KypBSj0f0qsyhGy10Jag==',
)
ED25519 = Vector(
    'ssh-ed25519',
    '10:db:e7:c7:94:59:2f:c7:a0:d0:39:db:5f:07:48:1c',
    'AAAAC3NzaC1lZDI1NTE5AAAAIMBgKBD6h72s/aSSbjOUQofknwsOpFYE1RPruym//J3Y',
)
SK_ED25519 = Vector(
    'sk-ssh-ed25519@openssh.com',
    'ad:f8:98:8f:5e:d3:3c:ce:b7:fd:29:ae:d9:b5:60:eb',
    'AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIOp9BR1Uw3m69NMRBuyqZzvR'
    'K0bKc4mbZWak9YSvMT88AAAABHNzaDo=',
)
SK_ECDSA = Vector(
    'sk-ecdsa-sha2-nistp256@openssh.com',
    '53:9f:bb:4f:27:6a:e6:80:7e:97:f1:04:9d:dc:2d:ca',
    'AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYA'
    'AABBBNnXkl6/4/6ZyxZeUy3yW/F4dYtlsRvxBDa3PnYNvWhbmM6CybjnQkMeZFG6c3ve'
    '7MP9FjI7rIRV0VyVJJSf/kYAAAAEc3NoOg==',
)
RSA_CERTIFICATE = Vector(
    'ssh-rsa-cert-v01@openssh.com',
    '4a:a1:68:f1:dd:dc:c1:98:93:5c:53:5a:fe:ec:6c:97',
    'AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgjOffdq5nFSXvyJyBRYxi'
    'TX0NJmvLFSZz9rm8au3MlxEAAAADAQABAAABAQCxlwZSlecRqDPw7yg8XiAvCkjQh9f7'
    'PNPJK+uaNtnBK1a+AbTCmkoBRAdDME9rgr3l2xHy8fF9EVADn5y1P8fUfR0y2BNGNBDD'
    'y86zYwE90LcnTk0Q3TSf/idFwi/SKIzUxOHcSKXDel7LvtGL5cFl+lCYAx5+TE+gcUFj'
    'zIWKtGvA0vyl6pkoSfZthUDyD5vbTfqJHuMEZzKFzlcyGSMzhvfDsaUsnwEXxvvA1TOa'
    '/xiytKpwVL5h33Mt2tt0tNT9bRyVfQPrPgBoT7Opi2dPOmwyUvFYgXzSU3ag+LwrjeeR'
    'PFlAVVh+8rJ+++7mzaxlD5xAVlN71mF0J6sxzfE7AAAAAAAAAAAAAAABAAAAAmlkAAAA'
    'CAAAAARyb290AAAAAF4L4QAAAAAAg6p+gAAAAAAAAACCAAAAFXBlcm1pdC1YMTEtZm9y'
    'd2FyZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1p'
    'dC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11'
    'c2VyLXJjAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIMBgKBD6h72s/aSSbjOU'
    'QofknwsOpFYE1RPruym//J3YAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEBoC/Lz9jlCZc0K'
    '/L1sqzLRJ6X/YtSw+3Z7XpQbA6u/oUfqDYdrT4xq1dmxl8bPwEpuLle3B2bVmbbLKfQb'
    'cRMG',
)
ECDSA_CERTIFICATE = Vector(
    'ecdsa-sha2-nistp256-cert-v01@openssh.com',
    'ec:7b:49:b8:d6:7e:e5:ab:30:d6:9c:b8:00:ea:77:8a',
    'AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgjrfl'
    '9RPNfa0FO4apJmU/Ua7RL5jxIOZu8cMBQxejBtAAAAAIbmlzdHAyNTYAAABBBCay8JcN'
    '4NV1hj499bCOuMHJVOR37jws1B1aqb7v/lyBKaIZ3HwuVBeA2JNDA7I6iqx7wckuJw5Z'
    'iQknhbvgHywAAAAAAAAAAAAAAAEAAAACaWQAAAAIAAAABHJvb3QAAAAAXgvhAAAAAACD'
    'qn6AAAAAAAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQt'
    'YWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAA'
    'AAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAAL'
    'c3NoLWVkMjU1MTkAAAAgwGAoEPqHvaz9pJJuM5RCh+SfCw6kVgTVE+u7Kb/8ndgAAABT'
    'AAAAC3NzaC1lZDI1NTE5AAAAQDMMVEMtCkUNsvBJcqfiGh86GQS+k78DZGExBasBQaK7'
    '63ELU+i2JBpBikruvqJOPER23+rjyqWfnMjqIZni5g0=',
)
ED25519_CERTIFICATE = Vector(
    'ssh-ed25519-cert-v01@openssh.com',
    'e7:98:48:e2:a0:51:01:e5:8d:1e:ce:ff:51:14:81:09',
    'AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIL1Ta7Ofu/VtNGTS'
    'G9mhwjDVNiy6+NqdQleJRoK8ZQspAAAAIMBgKBD6h72s/aSSbjOUQofknwsOpFYE1RPr'
    'uym//J3YAAAAAAAAAAAAAAABAAAAAmlkAAAACAAAAARyb290AAAAAF4L4QAAAAAAg6p+'
    'gAAAAAAAAACCAAAAFXBlcm1pdC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFn'
    'ZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAA'
    'CnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAAAAAAAAAAAAEXAAAAB3Nz'
    'aC1yc2EAAAADAQABAAABAQCxlwZSlecRqDPw7yg8XiAvCkjQh9f7PNPJK+uaNtnBK1a+'
    'AbTCmkoBRAdDME9rgr3l2xHy8fF9EVADn5y1P8fUfR0y2BNGNBDDy86zYwE90LcnTk0Q'
    '3TSf/idFwi/SKIzUxOHcSKXDel7LvtGL5cFl+lCYAx5+TE+gcUFjzIWKtGvA0vyl6pko'
    'SfZthUDyD5vbTfqJHuMEZzKFzlcyGSMzhvfDsaUsnwEXxvvA1TOa/xiytKpwVL5h33Mt'
    '2tt0tNT9bRyVfQPrPgBoT7Opi2dPOmwyUvFYgXzSU3ag+LwrjeeRPFlAVVh+8rJ+++7m'
    'zaxlD5xAVlN71mF0J6sxzfE7AAABFAAAAAxyc2Etc2hhMi01MTIAAAEAWzvQRpv8gQzh'
    '3YrAwHKatS2i85o2SxEwfkm2nWMArRU9MDHiVa0aXNLiRS89xU2W8DWgPxiVKX+LKyCm'
    'o0CJt5tEyzzKr/R+2d0bonSBKywACmFqK0/gcw1or2yOsUZMAzpV5THaUEpXtCfe0BMD'
    'oHxxiNS/ySjJLfqsd8tmIaGh/qQGZtSFzOv8VVlCU+xMKiMNyrAMM6amRTKYoSqoEmjK'
    'vO3ZCxJ/jDD6Wz0ARWcqI5m+lzR6RWOBe2maJgpPhBl4F3jnXHBHOp3lmEbjBSPZdptR'
    'ND9QP4k6DDendM9DkHQRENY95UNy6fAocDf8pGZsSUiwO/aggFqzS2VwAA==',
)
DSA_CERTIFICATE = Vector(
    'ssh-dss-cert-v01@openssh.com',
    'a0:b3:6b:45:82:6e:a8:11:72:11:a1:74:a9:9c:8c:bb',
    'AAAAHHNzaC1kc3MtY2VydC12MDFAb3BlbnNzaC5jb20AAAAg5jW9YLPK78m9IJoxEIam'
    '0Cte3v1lvwA1O+Cw9maRhDAAAACBAMiY2nEYzWsa2p9RuK0LjXTLUJ2Qt6o/GsjXo6kw'
    'zf41n5ov5My7FajwmxUs5iyc3tTtgEsIWwEcoZVPh+CjL/pb0/ivZrS9KvBKgnFETAOl'
    'wJVMfRmeInAZxw6yALJHKqeC6QsAA5+zT+SdhA5ft7nOQQxJDDtXCglidwQr1qKNAAAA'
    'FQC/6GiNhR3gJr+QKIPc4w8dJUOoNwAAAIAdL1QEnIR1aqB8BECqiTe4PTNTT3s02xm1'
    'wza4PAu2mYDTr36TzOxjsiXITHF728NOsaRa7vAEs9xaKHfW9HCop17pXnaqlLsJ8gdw'
    '4x+DXg/+O15k+6VPWBMoiQdAkG+JJ/5cloyEe//JpL356E32qID5qD7qiRl2/UDEgKQV'
    '5QAAAIBQWTR2NUTxBhoPfJR9qlyxLE8c2Qdmel6kAv2g6nvgHx74AxX3xfhCYLq7Qs03'
    'MHJzenuVqX3kYhk0waotZ21d56rGm07Z3Ag7y52AlD80sE4OC4zGJww0j8sJ44w/o3H+'
    'QWvvuCJEmNobjwBHknDnIKlG/wN1HPnU8odLSqve7wAAAAAAAAAAAAAAAQAAAAJpZAAA'
    'AAgAAAAEcm9vdAAAAABeC+EAAAAAAIOqfoAAAAAAAAAAggAAABVwZXJtaXQtWDExLWZv'
    'cndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJt'
    'aXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQt'
    'dXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACDAYCgQ+oe9rP2kkm4z'
    'lEKH5J8LDqRWBNUT67spv/yd2AAAAFMAAAALc3NoLWVkMjU1MTkAAABAdXKiIBBNWvZN'
    'V08wqNJao2HWGiVFhlaerPXHD6jm8UTmBrvSEzJb/jWYRkixvj1QPyVzLZFNDjjSvH9P'
    'TPG6Bg==',
)

ALL = {
    name: value
    for name, value in sorted(globals().items())
    if isinstance(value, Vector)
}
