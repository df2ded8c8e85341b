# SPDX-License-Identifier: Apache-2.0

import importlib.metadata

from docutils import nodes

project = 'keypair_ext Release Notes'
copyright = 'The keypair_ext developers'
release = importlib.metadata.version('keypair-ext')
version = release

extensions = ['reno.sphinxext']
html_theme = 'furo'
html_title = project
html_static_path = ['../../doc/look']
html_css_files = ['keypair_ext.css']


def _name_untagged(app, doctree):
    # What reno calls notes before the first tag.
    for title in doctree.findall(nodes.title):
        if title.astext() == '0.0.0':
            title.children = [nodes.Text(release.partition('.dev')[0])]


def setup(app):
    app.connect('doctree-read', _name_untagged)
