# SPDX-License-Identifier: Apache-2.0

"""The pictures of the page, drawn by matplotlib.

They read without colour, too: bars have hatches, lines have their own marks.
On a dark page their colours are others.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import figure

from benchmarks import goals

Result = dict[str, Any]

# So that the same results make the same files.
_SAME: Final = {'svg.hashsalt': 'keypair_ext', 'svg.fonttype': 'none'}
# What colours become there, but for those within hatches.
_DARK: Final = {
    '#ffffff': '#14181d',
    '#000000': '#e8ecf0',
    '#0b3d75': '#9cc7f5',
    '#b3541e': '#f0a070',
    '#3f7d20': '#8fd46a',
}
# Each with what the names of its goals end with.
_SECTIONS: Final = {
    'mysqlclient': '',
    'pymysql': ', PyMySQL',
    'keystone': ', Keystone token',
}
_MOUNTS: Final = {
    'load-balancer': ('service', 'at the load balancer'),
    'keystone': ('service', 'service'),
    'filter': ('filter', 'filter in Nova'),
}
_FILLS: Final[tuple[dict[str, Any], ...]] = (
    {'color': '#0b3d75'},
    {'color': '#7fb2e5', 'hatch': '//', 'edgecolor': 'black'},
    {'color': '#f2f2f2', 'hatch': '..', 'edgecolor': 'black'},
)
_LINES: Final[tuple[dict[str, Any], ...]] = (
    {'color': '#0b3d75', 'marker': 'o'},
    {'color': '#b3541e', 'marker': 's', 'linestyle': '--'},
    {'color': '#3f7d20', 'marker': '^', 'linestyle': ':'},
    {'color': 'black', 'marker': 'x', 'linestyle': '-.'},
)


def draw(runs: Sequence[Result], directory: Path) -> None:
    """Write performance-ratios.svg, -mounts.svg and -growth.svg."""
    with mpl.rc_context(_SAME):
        _save(_ratios(runs), directory / 'performance-ratios.svg')
        _save(_mounts(runs), directory / 'performance-mounts.svg')
        _save(_growth(runs[0]['growth']), directory / 'performance-growth.svg')


def _save(picture: figure.Figure, path: Path) -> None:
    picture.savefig(path, bbox_inches='tight', metadata={'Date': None})
    text = path.read_text()
    path.write_text(text.replace('</style>', f'{_dark()}</style>', 1))


def _dark() -> str:
    rules = ['text { fill: #e8ecf0 }'] + [
        f':not(pattern *)[style*="{what}: {colour}"] '
        f'{{ {what}: {dark} !important }}'
        for colour, dark in _DARK.items()
        for what in ('fill', 'stroke')
    ]
    return f'\n@media (prefers-color-scheme: dark) {{ {" ".join(rules)} }}\n'


def _ratios(runs: Sequence[Result]) -> figure.Figure:
    bounds = {
        verdict.name: verdict.goal
        for verdict in goals.verdicts(runs[0])
        if verdict.unit == 'times Nova'
    }
    groups = {
        section: {
            name: (
                ratio,
                '' if ratio >= bounds[name + suffix] else ' (missed)',
            )
            for name, ratio in goals.ratios(runs, section, 'service').items()
        }
        for section, suffix in _SECTIONS.items()
    }
    return _bars(groups, height=6)


def _mounts(runs: Sequence[Result]) -> figure.Figure:
    groups = {
        title: {
            name: (ratio, '')
            for name, ratio in goals.ratios(runs, section, server).items()
        }
        for section, (server, title) in _MOUNTS.items()
        if any(section in run for run in runs)
    }
    return _bars(groups, height=6)


def _bars(
    groups: dict[str, dict[str, tuple[float, str]]], height: float
) -> figure.Figure:
    """Draw bars that say how often Nova fits in, and a line for Nova.

    :param groups: title of each colour, rows, ratio and what is said of it.
    """
    # As wide as a phone shows without making letters too small.
    picture = figure.Figure(figsize=(6, height), layout='constrained')
    axes = picture.subplots()
    names = list(next(iter(groups.values())))
    thickness = 0.8 / len(groups)
    for number, (title, rows) in enumerate(groups.items()):
        bars = axes.barh(
            [place + number * thickness for place in range(len(names))],
            [rows[name][0] for name in names],
            thickness,
            label=title,
            **_FILLS[number],
        )
        labels = [f'{rows[name][0]:.3g}{rows[name][1]}' for name in names]
        axes.bar_label(bars, labels, padding=3, fontsize='small')
    middle = 0.4 - thickness / 2
    axes.set_yticks([place + middle for place in range(len(names))])
    axes.set_yticklabels([name.replace(', ', ',\n') for name in names])
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.axvline(1, color='black', linewidth=0.8)
    axes.set_xlabel('requests per second, in multiples of Nova (the line)')
    picture.legend(loc='outside lower center', ncols=len(groups))
    return picture


def _growth(growth: Result) -> figure.Figure:
    picture = figure.Figure(figsize=(6, 7), layout='constrained')
    for place, (name, title) in enumerate(
        (('table', 'keys in the table'), ('user', 'keys of one user')), 1
    ):
        axes = picture.add_subplot(2, 1, place)
        points = growth[name]
        kinds = (key for key in points[0] if key != 'keys')
        for kind, line in zip(kinds, _LINES, strict=False):
            axes.plot(
                [point['keys'] for point in points],
                [point[kind] for point in points],
                label=kind,
                **line,
            )
        axes.set_xscale('log')
        axes.set_ylim(bottom=0)
        axes.set_xlabel(title)
        axes.set_ylabel('requests per second')
        axes.legend(fontsize='small')
    return picture
