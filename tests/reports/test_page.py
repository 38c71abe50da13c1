"""The page's own text; `tests/acceptance/test_page.py` has it in a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from any_text import ANY_TEXT
from hypothesis import given, settings
from page_builds import CHANGES, HOSTILE, INVALID, made_up
from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.domain import Scenario
from rules.finding import Finding
from rules.plan import Action, Placement, Plan
from rules.reports.built import Built
from rules.reports.page.render import figure, link_from, page
from rules.todo import Todo
from rules.verdict import Verdict

#: Elements of the page that hold what its makers wrote, not what it shows.
_OWN = ("script", "style")


class Page(HTMLParser):
    """What a page holds: elements, text, and the data that it carries."""

    def __init__(self, built: Built) -> None:
        super().__init__(convert_charrefs=True)
        self.html = page(built).decode("utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(self.html)
        self.close()
        self.data: dict[str, Any] = json.loads(self.scripts[0], parse_constant=pytest.fail)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside not in _OWN:
            self.text += data

    @property
    def chips(self) -> list[str]:
        """What a screen reader says of each place of the matrix."""
        return [str(said["aria-label"]) for tag, said in self.tags if "data-result" in said and tag == "a"]


def built(*runs: Verdict, placements: tuple[Placement, ...] = (), **more: Any) -> Built:
    todo = more.pop("todo", ())
    return Built(
        ROUND, {run.key.id: run for run in runs}, Plan(placements, todo=todo), more.pop("tree", ()), (), **more
    )


def kept(run: Verdict) -> Placement:
    return Placement(run.key, Action.KEEP, "passes", run.key, run.metric, run.units)


class TestTheMatrix:
    def test_has_a_place_for_each_run_with_its_verdict_and_metric(self) -> None:
        fails = verdict(scenario=Scenario.SERVER, findings=(INVALID,))
        assert Page(built(verdict(), fails)).chips == [
            "resnet50 Offline: passes, 100 Samples/s",
            "resnet50 Server: fails, 100 Samples/s",
        ]

    def test_has_the_passing_runs_that_the_plan_leaves_out(self) -> None:
        run = verdict()
        (chip,) = Page(built(run, placements=(Placement(run.key, Action.DROP, "no benchmark of edge"),))).chips
        assert "left out" in chip

    def test_has_what_the_plan_makes_of_other_runs(self) -> None:
        run = verdict(scenario=Scenario.SINGLE_STREAM)
        target = replace(run.key, scenario=Scenario.OFFLINE)
        inferred = Placement(run.key, Action.INFER, "inferred", target, 7.0, "Samples/s")
        assert "resnet50 Offline: made by the plan, 7 Samples/s" in Page(built(run, placements=(inferred,))).chips

    def test_has_what_is_still_to_be_run(self) -> None:
        wanted = Todo("closed", "example-edge", "resnet50", "Interactive or Server", ("performance",), {"ttft_ns": 5})
        made = Page(built(verdict(), todo=(wanted,)))
        assert made.chips[1] == "resnet50 Interactive or Server: still to run"
        assert made.data["results"][1]["todo"][0]["settings"] == {"ttft_ns": 5}
        assert made.data["results"][1]["benchmark"] == "resnet"

    def test_has_a_run_that_fails_and_is_to_be_run_again_once(self) -> None:
        run = verdict(findings=(INVALID,))
        wanted = Todo("closed", "example-edge", "resnet50", "Offline", ("performance",), {})
        assert len(Page(built(run, todo=(wanted,))).chips) == 1

    def test_has_the_scenarios_of_a_benchmark_in_one_order(self) -> None:
        runs = [verdict(scenario=scenario) for scenario in reversed(Scenario)]
        order = [record["scenario"] for record in Page(built(*runs)).data["results"]]
        assert order == ["Offline", "Server", "Interactive", "SingleStream", "MultiStream"]


class TestTheSections:
    def test_tell_findings_by_cause_with_the_fix(self) -> None:
        runs = [verdict(scenario=scenario, findings=(INVALID,)) for scenario in (Scenario.OFFLINE, Scenario.SERVER)]
        text = " ".join(Page(built(*runs, tree=(finding("TEXT-002", "submission.yaml"),))).text.split())
        assert "LoadGen says INVALID PERF-016 2 runs" in text
        assert INVALID.fix in text
        assert "no calibration document TEXT-002 the whole" in text

    def test_tell_what_has_changed_since_the_last_build(self) -> None:
        text = Page(made_up()).text
        assert [kind for kind in CHANGES if kind.value in text] == list(CHANGES)

    def test_say_nothing_of_changes_in_a_first_build(self) -> None:
        assert "since the last build" not in Page(replace(made_up(), former=None)).text

    def test_say_that_nothing_has_changed(self) -> None:
        assert "No result has changed" in Page(built(former={"results": []})).text

    def test_have_a_bar_for_each_shipped_result(self) -> None:
        made_of = made_up(200)
        widths = [said["style"] for _, said in Page(made_of).tags if "style" in said]
        assert len(widths) == len(made_of.rows)

    def test_stand_empty_where_there_is_nothing(self) -> None:
        text = Page(built()).text
        assert "There are no results" in text
        assert "No findings" in text
        assert "No result is shipped" in text


class TestTheDataOfAResult:
    def test_has_its_limits_accuracy_latencies_and_power(self) -> None:
        made = Page(made_up(1))
        record, shared = made.data["results"][0], made.data["shared"]
        measures = {shared[number][0]: (value, shared[number][2]) for number, value in record["measures"]}
        assert measures["Measured duration"] == (604_812.5, 600_000)
        assert [(shared[number][0], shared[number][1], value) for number, value in record["accuracy"]] == [
            ("acc", 75.6954, 76.382)
        ]
        assert shared[record["latencies"][0][0]] == ["Latency", 15_000_000]
        assert len(record["curve"][0]) == len(record["curve"][1])

    def test_has_findings_once_for_all_results(self) -> None:
        runs = [verdict(scenario=scenario, findings=(INVALID,)) for scenario in Scenario]
        data = Page(built(*runs)).data
        assert [record["findings"] for record in data["results"]] == [[0]] * len(runs)
        assert [found[0] for found in data["findings"]] == ["PERF-016"]

    def test_links_to_files_from_where_the_page_lies(self) -> None:
        run = verdict()
        path = f"{run.folder}/performance/run_1/mlperf log.txt"
        details: dict[str, Any] = {"validity": None, "measures": [], "accuracy": [], "latencies": [], "power": None}
        detailed = built(run, details={run.key.id: details | {"files": {"log": path, "other": "/elsewhere/a#b"}}})
        data = Page(detailed).data
        (below, other), folder = data["results"][0]["files"], data["results"][0]["link"]
        assert folder == f"../../{run.folder}"
        assert data["shared"][below[0]] == ["log", "/performance/run_1/mlperf%20log.txt"]
        assert other[1] == "/elsewhere/a%23b"

    def test_is_there_without_details(self) -> None:
        (record,) = Page(built(verdict(metric=None, units=None))).data["results"]
        assert "metric" not in record
        assert "measures" not in record

    @pytest.mark.parametrize("metric", [float("nan"), float("inf"), 10.0**300])
    def test_is_json_whatever_was_measured(self, metric: float) -> None:
        run = verdict(metric=metric, accuracy={"acc": "nan"})
        assert len(Page(built(run, placements=(kept(run),))).data["results"]) == 1

    def test_has_the_gravest_of_thousands_of_findings(self) -> None:
        noted = [replace(INVALID, severity=finding("SYS-012", "m").severity, line=line) for line in range(3000)]
        run = verdict(findings=(*noted, INVALID))
        (record,) = Page(built(run)).data["results"]
        assert len(record["findings"]) + record["more"] == 3001
        assert record["findings"][0] == 0 and record["more"] > 2000


class TestHostileNames:
    @pytest.fixture
    def hostile(self) -> Page:
        said = Finding("PERF-016", INVALID.severity, "</script>", "<b>\x1b]8;;</b>\udcff", "'\"><script>")
        run = replace(verdict(findings=(said,)), key=HOSTILE, folder="<i>\u2028", benchmark=None)
        row = Placement(HOSTILE, Action.KEEP, "</script><script>", HOSTILE, 1.0, "<u>", (said,))
        wanted = Todo("open", "<script>", "<script>", "<script>", ("<script>",), {"<script>": "<script>"})
        return Page(built(run, placements=(row,), todo=(wanted,), tree=(said,)))

    def test_make_no_elements(self, hostile: Page) -> None:
        plain = {tag for tag, _ in Page(made_up(3)).tags}
        assert {tag for tag, _ in hostile.tags} <= plain | {"noscript", "p"}
        assert len(hostile.scripts) == 2

    def test_make_no_attributes(self, hostile: Page) -> None:
        assert not [name for _, said in hostile.tags for name in said if name.startswith("on")]

    def test_are_shown_as_they_are_but_for_what_cannot_be_printed(self, hostile: Page) -> None:
        assert HOSTILE.system in hostile.text
        record = next(each for each in hostile.data["results"] if each["system"] == HOSTILE.system)
        assert record["model"] == "m</script><!--\\udcff\\x1b"

    def test_leave_no_controls(self, hostile: Page) -> None:
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", hostile.html)


def test_it_says_at_the_top_that_a_build_is_not_ready() -> None:
    broken = verdict(findings=(finding("PERF-002", "a/log", found="cut short"),))
    built = replace(made_up(), verdicts={broken.key.id: broken}, plan=Plan(()))
    assert "Not ready: 1 run left out for broken input." in Page(built).text
    assert "Not ready" not in Page(replace(built, verdicts={})).text


@settings(max_examples=30, deadline=None)
@given(ANY_TEXT)
def test_any_text_stays_text(text: str) -> None:
    run = verdict(system=text, findings=(replace(INVALID, message=text, path=text or "x"),))
    made = Page(built(run, placements=(kept(run),)))
    assert len(made.scripts) == 2
    assert len(made.chips) == 1


def test_the_page_has_nothing_from_elsewhere() -> None:
    made = Page(made_up())
    links = [said.get("src") or said.get("href") or "" for _, said in made.tags]
    assert not [link for link in links if re.match(r"\w+:|//", link) and link != "data:,"]
    assert "default-src 'none'" in made.html


def test_the_same_build_makes_the_same_bytes() -> None:
    assert page(made_up()) == page(made_up())


def test_two_thousand_results_take_less_than_ten_megabytes() -> None:
    assert len(page(made_up(2000))) < 10_000_000


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234"), (0.00012346, "0.0001235"), (28.654, "28.65"), (2.5e20, "2.500e+20"), (None, "\u2013")],
)
def test_figures_have_about_four_digits(value: float | None, text: str) -> None:
    assert figure(value) == text


def test_a_link_leads_from_the_page_to_the_file() -> None:
    assert link_from("../..", "results/a b/\udcff") == "../../results/a%20b/%FF"
    assert link_from("../..", "//data/x") == "/data/x"
