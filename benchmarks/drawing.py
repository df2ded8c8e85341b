# SPDX-License-Identifier: Apache-2.0

"""The pictures of the page, drawn by matplotlib."""

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import figure

Result = dict[str, Any]

# So that the same results make the same files.
_SAME: Final = {'svg.hashsalt': 'keypair_ext', 'svg.fonttype': 'none'}
_GOAL: Final = {'mysqlclient': 15, 'pymysql': 10, 'keystone': 7}


def draw(run: Result, directory: Path) -> None:
    """Write performance-ratios.svg and performance-growth.svg."""
    with mpl.rc_context(_SAME):
        _save(_ratios(run), directory / 'performance-ratios.svg')
        _save(_growth(run['growth']), directory / 'performance-growth.svg')


def _save(picture: figure.Figure, path: Path) -> None:
    picture.savefig(path, bbox_inches='tight', metadata={'Date': None})


def _ratios(run: Result) -> figure.Figure:
    picture = figure.Figure(figsize=(8, 4))
    axes = picture.subplots()
    sections = [name for name in _GOAL if name in run]
    names = [row['row'] for row in run[sections[0]]['rows']]
    height = 0.8 / len(sections)
    for number, section in enumerate(sections):
        axes.barh(
            [place + number * height for place in range(len(names))],
            [row['service']['ratio'] for row in run[section]['rows']],
            height,
            label=f'{section} (goal: {_GOAL[section]} for reads)',
        )
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(names))])
    axes.set_yticklabels(names)
    axes.invert_yaxis()
    axes.axvline(1, color='black', linewidth=0.8)
    axes.set_xlabel('requests per second, in multiples of Nova')
    axes.legend(fontsize='small')
    return picture


def _growth(growth: Result) -> figure.Figure:
    picture = figure.Figure(figsize=(8, 3.5))
    for place, (name, title) in enumerate(
        (('table', 'keys in the table'), ('user', 'keys of one user')), 1
    ):
        axes = picture.add_subplot(1, 2, place)
        points = growth[name]
        for kind in (key for key in points[0] if key != 'keys'):
            axes.plot(
                [point['keys'] for point in points],
                [point[kind] for point in points],
                marker='o',
                label=kind,
            )
        axes.set_xscale('log')
        axes.set_ylim(bottom=0)
        axes.set_xlabel(title)
        axes.legend(fontsize='small')
    picture.axes[0].set_ylabel('requests per second')
    return picture
