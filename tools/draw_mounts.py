# SPDX-License-Identifier: Apache-2.0

"""Draw doc/source/mounts.svg from doc/source/mounts.txt.

A mount is a paragraph: its title, the boxes that a request for key pairs goes
through, and where all other requests leave that way. The picture has colours
for light and for dark pages, and says the same without any.
"""

import html
import pathlib
from collections.abc import Iterator

TEXT = pathlib.Path(__file__).parents[1] / 'doc' / 'source' / 'mounts.txt'
PICTURE = TEXT.with_suffix('.svg')

_OURS = 'keypair_ext'
_ELSEWHERE = 'All else from '
# As narrow as a phone, which then shows it at its full size.
_MARGIN, _BOX, _GAP = 8, 116, 18
_HEIGHT, _ROW = 30, 44
_WIDTH = 2 * _MARGIN + 3 * _BOX + 2 * _GAP

_STYLE = """\
  .paper { fill: #ffffff }
  text { font: 12px sans-serif; fill: #1b1f24; text-anchor: middle }
  .title { font-size: 13px; font-weight: bold; text-anchor: start }
  .box { fill: none; stroke: #57606a }
  .ours { fill: #dbe9f9; stroke: #0b3d75; stroke-width: 2.5 }
  .name { font-weight: bold }
  .way { fill: none; stroke: #57606a; marker-end: url(#end) }
  .else { stroke-dasharray: 4 3 }
  #end path { fill: #57606a }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14181d }
    text { fill: #e8ecf0 }
    .box, .way { stroke: #9aa5b1 }
    .ours { fill: #143a63; stroke: #9cc7f5 }
    #end path { fill: #9aa5b1 }
  }
"""


def draw(text: str) -> str:
    """Return the picture, as SVG."""
    shapes: list[str] = []
    top = 0
    for paragraph in text.strip().split('\n\n'):
        title, boxes, *elsewhere = paragraph.splitlines()
        shapes += _mount(top, title, boxes.split(' > '), elsewhere)
        top += (_HEIGHT + 44) + _ROW * len(elsewhere)
    return '\n'.join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" '
            f'height="{top}" viewBox="0 0 {_WIDTH} {top}">',
            f'<style>\n{_STYLE}</style>',
            '<marker id="end" viewBox="0 0 8 8" refX="8" refY="4" '
            'markerWidth="8" markerHeight="8" orient="auto">'
            '<path d="M0 0 L8 4 L0 8 z"/></marker>',
            f'<rect class="paper" width="{_WIDTH}" height="{top}"/>',
            *shapes,
            '</svg>\n',
        ]
    )


def _mount(
    top: int, title: str, boxes: list[str], elsewhere: list[str]
) -> Iterator[str]:
    """Yield the shapes of a mount that begins at a height."""
    row = top + 32
    yield _text('title', _MARGIN, top + 22, title)
    for place, name in enumerate(boxes):
        yield from _box(place, row, name)
        if place:
            yield _way('', f'M{_left(place) - _GAP} {row + 15} h{_GAP}')
    for line in elsewhere:
        source, _, target = line.removeprefix(_ELSEWHERE).partition(': ')
        place = boxes.index(source)
        middle = _left(place) + _BOX // 2
        yield _way(
            ' else',
            f'M{middle} {row + _HEIGHT} v29 H{_left(place + 1)}',
        )
        yield _text('', middle + 32, row + _ROW + 11, 'all else')
        yield from _box(place + 1, row + _ROW, target)


def _left(place: int) -> int:
    return _MARGIN + place * (_BOX + _GAP)


def _box(place: int, top: int, name: str) -> Iterator[str]:
    ours = name == _OURS
    yield (
        f'<rect class="box{" ours" if ours else ""}" x="{_left(place)}" '
        f'y="{top}" width="{_BOX}" height="{_HEIGHT}" rx="4"/>'
    )
    middle = _left(place) + _BOX // 2
    yield _text('name' if ours else '', middle, top + 19, name)


def _text(kind: str, left: int, base: int, words: str) -> str:
    kind = f' class="{kind}"' if kind else ''
    return f'<text{kind} x="{left}" y="{base}">{html.escape(words)}</text>'


def _way(kind: str, path: str) -> str:
    return f'<path class="way{kind}" d="{path}"/>'


if __name__ == '__main__':
    PICTURE.write_text(draw(TEXT.read_text()))
