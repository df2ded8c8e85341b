# SPDX-License-Identifier: Apache-2.0

import importlib.metadata
import pathlib
import sys

from keypair_ext.api import microversions

sys.path.insert(
    0, str(pathlib.Path(__file__).resolve().parents[2] / 'doc' / 'ext')
)

project = 'Key pairs API Reference'
copyright = 'The keypair_ext developers'
release = importlib.metadata.version('keypair-ext')
version = release

extensions = ['os_api_ref', 'api_reference']
html_theme = 'furo'
html_title = project
html_static_path = ['../../doc/look']
html_css_files = ['keypair_ext.css']

os_api_ref_min_microversion = str(microversions.MIN_VERSION)
os_api_ref_max_microversion = str(microversions.MAX_VERSION)
