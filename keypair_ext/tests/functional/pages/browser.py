# SPDX-License-Identifier: Apache-2.0

"""Chromium without a screen, which lays pages out and says what does not fit.

One page holds them all, each in a frame of the width that is asked for. Its
load event comes when all of them are there, and it measures at once.
"""

import functools
import html
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading
import urllib.parse
from collections.abc import Sequence

import fixtures

PROGRAM = shutil.which('chromium')

_OPTIONS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
)
_SECONDS = 300

_PAGE = """\
<!DOCTYPE html>
<script>
// Whether somebody can bring it into view: it is in what scrolls by itself.
function scrolls(element) {
  for (let e = element.parentElement; e; e = e.parentElement) {
    if (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)) {
      return true;
    }
    if (e.localName === 'article') return false;
  }
  return false;
}
function named(element) {
  return element.localName + ': ' + element.textContent.trim().slice(0, 60);
}
function outside(elements, bounds) {
  return [...elements].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && !scrolls(element) &&
      (box.right > bounds.right + 1 || box.left < bounds.left - 1);
  }).map(named);
}
// Names in tables of which one line has the beginning and the next the end.
function torn(code) {
  const range = document.createRange();
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    for (const word of node.data.matchAll(/[^\\s-]+/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = [...range.getClientRects()].map(box => box.top);
      if (Math.max(...lines) > Math.min(...lines) + 2) return true;
    }
  }
  return false;
}
function tooWide(frame) {
  const root = frame.contentDocument.documentElement;
  if (root.localName === 'svg') {
    const bounds = root.getBoundingClientRect();
    return outside(root.querySelectorAll('text'), bounds);
  }
  // The sign behind a heading, which is seen where a mouse is above it, only.
  const found = outside(
    root.querySelectorAll('article :not(.headerlink)'),
    {left: 0, right: root.clientWidth});
  if (!root.querySelector('article')) found.push('no article');
  const names = root.querySelectorAll('td code, th code');
  found.push(...[...names].filter(torn).map(named));
  if (root.scrollWidth > root.clientWidth) found.push('the page');
  // On a phone a table may scroll.
  if (root.clientWidth > 1000) {
    const tables = [...root.querySelectorAll('.table-wrapper')];
    found.push(...tables.filter(
      table => table.scrollWidth > table.clientWidth + 1).map(named));
  }
  return found;
}
window.onload = () => {
  const found = [...document.querySelectorAll('iframe')].map(
    frame => [frame.getAttribute('src'), tooWide(frame)]);
  document.getElementById('found').textContent =
    JSON.stringify(Object.fromEntries(found));
};
</script>
<pre id="found"></pre>
"""
_FRAME = '<iframe src="{}" width="{}" height="800" style="border:0"></iframe>'


class Site(fixtures.Fixture):
    """Serves a directory, and the page that measures what is in it.

    :param directory: of the pages.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        super().__init__()
        self._directory = directory

    def _setUp(self) -> None:
        handler = functools.partial(_Handler, directory=str(self._directory))
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        self._port = server.server_port
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)

    def too_wide(
        self, names: Sequence[str], width: int
    ) -> dict[str, list[str]]:
        """Return what is not to be seen in each page of some width.

        :param names: of pages and of SVG pictures, from the directory.
        :param width: of the window, in pixels.
        """
        query = urllib.parse.urlencode(
            {'width': width, 'name': names}, doseq=True
        )
        home = self.useFixture(fixtures.TempDir()).path
        done = subprocess.run(
            [
                PROGRAM or 'chromium',
                *_OPTIONS,
                f'--user-data-dir={home}',
                '--dump-dom',
                f'http://127.0.0.1:{self._port}/measure?{query}',
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        found = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, re.S)
        assert found, done.stderr
        measured: dict[str, list[str]] = json.loads(
            html.unescape(found.group(1))
        )
        return measured


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition('?')
        if path != '/measure':
            super().do_GET()
            return
        asked = urllib.parse.parse_qs(query)
        (width,) = asked['width']
        frames = (_FRAME.format(name, width) for name in asked['name'])
        body = (_PAGE + '\n'.join(frames)).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'text/html; charset=utf-8')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass
