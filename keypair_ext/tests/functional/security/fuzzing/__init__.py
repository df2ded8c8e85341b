# SPDX-License-Identifier: Apache-2.0

"""Inputs made up by machines, for the parts that read what strangers send.

:mod:`.targets` says what is fed and what must hold; ``python -m`` this
package feeds one of them, guided by coverage where atheris is installed. The
inputs worth keeping are in ``corpus/``.
"""

import pathlib

CORPUS = pathlib.Path(__file__).parent / 'corpus'
