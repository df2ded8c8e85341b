# SPDX-License-Identifier: Apache-2.0

import importlib.metadata

from keypair_ext.api import microversions

project = 'Key pairs API Reference'
copyright = 'The keypair_ext developers'
release = importlib.metadata.version('keypair-ext')
version = release

extensions = ['openstackdocstheme', 'os_api_ref']
html_theme = 'openstackdocs'
html_theme_options = {'sidebar_mode': 'toc', 'show_other_versions': False}
pygments_style = 'native'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_repo_name = 'keypair-ext'

os_api_ref_min_microversion = str(microversions.MIN_VERSION)
os_api_ref_max_microversion = str(microversions.MAX_VERSION)
