# SPDX-License-Identifier: Apache-2.0

import configparser
import os
import pathlib
import subprocess

import setuptools


def _pbr_knows_the_version():
    """Tell whether pbr finds it: in a source distribution, or in git."""
    if pathlib.Path('PKG-INFO').exists():
        return True
    if not pathlib.Path('.git').exists():
        return False
    # Of the first commit, which is all that a shallow clone has, it is 0.0.0.
    command = ('git', 'rev-parse', '--quiet', '--verify', 'HEAD^')
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL) == 0
    except OSError:
        return False


if not _pbr_knows_the_version():
    described = configparser.RawConfigParser()
    described.read('setup.cfg')
    release = described['metadata']['version']
    os.environ['PBR_VERSION'] = os.environ.get('PBR_VERSION') or release

setuptools.setup(setup_requires=['pbr>=6.1.1'], pbr=True)
