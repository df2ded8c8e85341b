# SPDX-License-Identifier: Apache-2.0

"""The page of an audit: one HTML file that needs nothing beside it."""

import collections
import datetime
import html
from collections.abc import Iterable, Iterator, Sequence

from keypair_ext.keys import audit
from keypair_ext.keys.report import Record
from keypair_ext.keys.stats import Stats

# So many findings are on the page; all of them are counted.
MOST_SHOWN = 1000

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: .3rem .6rem; vertical-align: top;
  border-bottom: 1px solid #8884; white-space: nowrap; }
.wide td:last-child { white-space: normal; min-width: 20rem; }
.wide { overflow-x: auto; }
.bar { width: 60%; }
meter { width: 100%; }
"""


class Summary:
    """Counts findings, and keeps the first ones to be shown."""

    def __init__(self) -> None:
        self.shown: list[Record] = []
        self.by_rule: collections.Counter[str] = collections.Counter()

    def watch(self, findings: Iterable[Record]) -> Iterator[Record]:
        """Yield the findings, having counted them."""
        for finding in findings:
            self.by_rule[str(finding['rule'])] += 1
            if len(self.shown) < MOST_SHOWN:
                self.shown.append(finding)
            yield finding


def build(
    stats: Stats, summary: Summary, moment: datetime.datetime
) -> Iterator[str]:
    """Yield the page.

    :param moment: when the audit was made, in UTC.
    """
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<title>Audit of key pairs</title>\n<style>{_STYLE}</style>\n'
        '</head>\n<body>\n<h1>Audit of key pairs</h1>\n'
    )
    number = summary.by_rule.total()
    yield (
        f'<p>{moment:%Y-%m-%d %H:%M} UTC. {stats.kinds.total()} key pairs; '
        f'{number} findings.</p>\n'
    )
    kinds = [
        (f'{key_type} {algorithm} {bits}'.strip(), count)
        for (key_type, algorithm, bits), count in stats.kinds.most_common()
    ]
    yield from _chart('Types and sizes', kinds)
    yield from _chart('Ages in days', list(stats.age_counts()))
    yield from _chart('Findings by rule', summary.by_rule.most_common())
    yield from _table(summary.shown, number)
    yield '</body>\n</html>\n'


def _chart(title: str, bars: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Yield a chart of bars, each with its number, so in any colours."""
    yield f'<h2>{html.escape(title)}</h2>\n'
    if not bars:
        yield '<p>None.</p>\n'
        return
    most = max(count for _, count in bars)
    yield '<table>\n'
    for label, count in bars:
        bar = f'<meter max="{most}" value="{count}"></meter>'
        cells = _cells('td', (label, count))
        yield f'<tr>{cells}<td class="bar">{bar}</td></tr>\n'
    yield '</table>\n'


def _table(records: Sequence[Record], number: int) -> Iterator[str]:
    yield '<h2>Findings</h2>\n'
    if number > len(records):
        yield (
            f'<p>The first {len(records)} of {number}; "keys audit --format '
            f'csv" has them all.</p>\n'
        )
    yield '<div class="wide"><table>\n'
    yield f'<tr>{_cells("th", audit.COLUMNS)}</tr>\n'
    for record in records:
        values = [record[name] for name in audit.COLUMNS]
        yield f'<tr>{_cells("td", values)}</tr>\n'
    yield '</table></div>\n'


def _cells(tag: str, values: Iterable[object]) -> str:
    return ''.join(
        f'<{tag}>{html.escape("" if value is None else str(value))}</{tag}>'
        for value in values
    )
