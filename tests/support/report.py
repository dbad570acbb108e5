"""What a run of the tests cost: tests, time and starts of the engine of each tier, and the slowest tests."""

from collections import Counter, defaultdict
from collections.abc import Generator
from pathlib import PurePath

import pytest

SLOWEST = 10
ENGINE_STARTS = "engine_starts"
_starts: Counter[str] = Counter()


def engine_started() -> None:
    """Counts a start of the engine for the test that runs, or for the fixtures that are set up for it."""
    _starts[ENGINE_STARTS] += 1


class Report:
    """The plugin that collects, also from the workers of pytest-xdist, and prints."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._starts: Counter[str] = Counter()
        self._ran: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Notes with each phase of a test how often the engine was started for it."""
        report = yield
        # A list of the phase's own: the phases of a test share the one that it has.
        report.user_properties = [*report.user_properties, (ENGINE_STARTS, _starts.pop(ENGINE_STARTS, 0))]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds a phase of a test up."""
        test = report.nodeid
        self._seconds[test] += report.duration
        self._starts[_tier(test)] += sum(
            int(str(count)) for name, count in report.user_properties if name == ENGINE_STARTS
        )
        if report.when == "call":
            self._ran.add(test)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the table."""
        tiers: defaultdict[str, float] = defaultdict(float)
        for test, seconds in self._seconds.items():
            tiers[_tier(test)] += seconds
        tests = Counter(map(_tier, self._ran))
        terminalreporter.section("tiers")
        terminalreporter.write_line(f"{'':14}{'tests':>7}{'time, s':>9}{'engine starts':>15}")
        for tier, seconds in sorted(tiers.items(), key=lambda each: -each[1]):
            terminalreporter.write_line(f"{tier:14}{tests[tier]:7}{seconds:9.0f}{self._starts[tier]:15}")
        terminalreporter.section(f"the {SLOWEST} slowest tests, with what was set up for them")
        for test, seconds in sorted(self._seconds.items(), key=lambda each: -each[1])[:SLOWEST]:
            terminalreporter.write_line(f"{seconds:7.1f} s  {test}")


def _tier(test: str) -> str:
    return PurePath(test).parts[1] if test.startswith("tests/") else "others"
