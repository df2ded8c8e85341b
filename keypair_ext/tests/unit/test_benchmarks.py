# SPDX-License-Identifier: Apache-2.0

"""How results become verdicts and a page; to measure is no unit test."""

import contextlib
import copy
import io
import json
from typing import Any
from unittest import mock

from benchmarks import (
    __main__ as command,
    comparisons,
    goals,
    needs,
    pacing,
    page,
    run,
    wrk,
)
from keypair_ext.tests import base

SAMPLE = comparisons.Sample


class SummaryTest(base.TestCase):
    def test_medians_and_ratios_of_pairs(self) -> None:
        seen = comparisons.summary(
            {
                'nova': [SAMPLE(100, 10), SAMPLE(50, 30), SAMPLE(80, 20)],
                'service': [SAMPLE(1000, 1), SAMPLE(1000, 3), SAMPLE(800, 2)],
            }
        )

        self.assertEqual(
            {'per_second': 80, 'cpu_microseconds': 20, 'ratio': 1},
            seen['nova'],
        )
        # Not 1000 / 80: each is compared with its neighbour in time.
        self.assertEqual(10, seen['service']['ratio'])

    def test_percentile(self) -> None:
        values = [float(value) for value in range(1, 102)]
        self.assertEqual(51, pacing.percentile(values, 50))
        self.assertEqual(100, pacing.percentile(values, 99))


class LoadTest(base.TestCase):
    def output(self, **seen: int) -> str:
        return 'Running 2s test\n' + json.dumps(
            {'requests': 10, 'microseconds': 2_000_000, 'failed': 0, **seen}
        )

    def test_load(self) -> None:
        load = wrk.parse(self.output(), 'show')
        self.assertEqual(5, load.per_second)

    def test_failures_are_no_measurement(self) -> None:
        for output in (
            self.output(failed=1),
            self.output(requests=0),
            'unable to connect',
        ):
            with self.subTest(output=output):
                self.assertRaises(wrk.LoadFailed, wrk.parse, output, 'show')


class VerdictTest(base.TestCase):
    def test_bounds(self) -> None:
        for value, at_most, met, bearable in (
            (10, False, True, True),
            (9, False, False, True),
            (4.9, False, False, False),
            (10, True, True, True),
            (11, True, False, True),
            (21, True, False, False),
        ):
            with self.subTest(value=value, at_most=at_most):
                verdict = goals.Verdict('x', value, 10, 'ms', at_most)
                self.assertEqual(
                    (met, bearable), (verdict.met, verdict.bearable)
                )


class CommandTest(base.TestCase):
    """What is said before anything is measured."""

    def told(self, *arguments: str) -> tuple[int, str]:
        output = io.StringIO()
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            try:
                status = command.main([*arguments])
            except SystemExit as done:
                status = int(done.code or 0)
        return status, output.getvalue()

    def test_help_names_sections_and_needs(self) -> None:
        status, told = self.told('run', '--help')
        self.assertEqual(0, status)
        for name in run.SECTIONS:
            with self.subTest(section=name):
                names = ', '.join(need.name for need in needs.NEEDS[name])
                self.assertRegex(
                    told,
                    rf'  {name}: .+ \([\d.]+ min\)\n'
                    rf'    needs {names or "nothing"}\n',
                )

    def test_what_is_missing_is_told_first(self) -> None:
        lacking = needs.Need('wrk', 'apt-get install wrk', lambda: False)
        there = needs.Need('make', 'apt-get install make', lambda: True)
        with mock.patch.dict(needs.NEEDS, {'raw': (there, lacking)}):
            status, told = self.told('run', 'raw', '--out', '/nowhere')
        self.assertEqual(2, status)
        self.assertEqual(
            'python -m benchmarks: Not installed, and needed: wrk. Run: '
            'apt-get install wrk\n',
            told,
        )

    def test_a_section_that_is_not_there(self) -> None:
        status, told = self.told('run', 'nothing')
        self.assertEqual(2, status)
        self.assertIn("'nothing' is none of load-balancer, mysql", told)

    def test_a_checkout_that_cannot_be_started(self) -> None:
        status, told = self.told('earlier', '/nowhere')
        self.assertEqual(2, status)
        self.assertIn('no uWSGI; run: make -C /nowhere .venv/.bench', told)


class PageTest(base.TestCase):
    """The page and the results that are kept."""

    def runs(self) -> list[dict[str, Any]]:
        return page.results()

    def measured(self) -> dict[str, Any]:
        """Return a run that has measured all."""
        first = copy.deepcopy(self.runs()[0])
        rows = copy.deepcopy(first['keystone']['rows'])
        first['load-balancer'] = {
            'rows': [
                {
                    'row': row['row'],
                    'nova': row['nova'],
                    'haproxy': row['service'],
                    'service': row['service'],
                }
                for row in rows
            ]
        }
        return first

    def test_page_is_made_from_the_results(self) -> None:
        self.assertEqual(page.render(self.runs()), page.PAGE.read_text())

    def test_every_goal_is_judged(self) -> None:
        names = [
            (verdict.name, verdict.unit)
            for verdict in goals.verdicts(self.measured())
        ]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(38, len(names))

    def test_the_load_balancer_is_the_first_table(self) -> None:
        measured = self.measured()
        text = page.render([measured])
        before, _, after = text.partition('.. list-table::')
        self.assertIn('\nAt the load balancer\n', before)
        self.assertIn('HAProxy alone, a second', after.partition('..')[0])

    def test_what_a_run_has_not_measured(self) -> None:
        measured = self.measured()
        old = copy.deepcopy(measured)
        del old['load-balancer']
        for runs, times in ([measured, old], 6), ([old, measured], 1):
            with self.subTest(runs=times):
                self.assertEqual(
                    times,
                    page.render(runs).count('not measured in this run'),
                )

    def test_a_goal_that_is_missed_is_shown(self) -> None:
        worse = copy.deepcopy(self.runs())
        worse[0]['passing'] = 99.0
        self.assertIn('99 (missed)', page.render(worse))
        self.assertNotIn('99 (missed)', page.render(self.runs()))

    def test_pictures_have_colours_for_dark_pages(self) -> None:
        pictures = list(page.PAGE.parent.glob('performance-*.svg'))
        self.assertEqual(3, len(pictures))
        for picture in pictures:
            with self.subTest(picture=picture.name):
                self.assertIn(
                    '(prefers-color-scheme: dark)', picture.read_text()
                )

    def test_long_runs_only(self) -> None:
        self.assertEqual({'long'}, {run['form'] for run in self.runs()})
