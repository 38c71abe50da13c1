"""The page in a real browser, as it opens from disk."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from page_builds import HOSTILE, INVALID, made_up
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support import ROUND, doit, edit_log, verdict

from rules.plan import Plan
from rules.reports.built import Built
from rules.reports.page.render import page as page_of

#: What browsers of this family are called, first where `CHROMIUM` says.
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WIDTHS = (1280, 400)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        assert not os.environ.get("CI_BROWSER"), "there must be a Chromium here, and isn't"
        pytest.skip("there is no Chromium; install it, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages on disk: `few.html`, `many.html` and `hostile.html`."""
    folder = tmp_path_factory.mktemp("pages")
    hostile = replace(verdict(findings=(INVALID,)), key=HOSTILE, folder="<b>")
    builds = {
        "few": made_up(),
        "many": made_up(2000),
        "hostile": Built(ROUND, {HOSTILE.id: hostile}, Plan(()), (), ()),
    }
    for name, built in builds.items():
        (folder / f"{name}.html").write_bytes(page_of(built))
    return folder


class Opened:
    """A page in the browser, and what went wrong on it."""

    def __init__(self, browser: Browser, path: Path, width: int = 1280) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": 900})
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())
        self.own = path.as_uri()

    def shown(self) -> int:
        return self.page.locator(".chip:visible").count()

    def close(self) -> None:
        """Whatever was done: nothing was fetched, nothing went wrong."""
        requests = [url for url in self.requests if not url.startswith(("data:", self.own))]
        self.page.close()
        assert (requests, self.complaints) == ([], [])


@pytest.fixture
def few(browser: Browser, files: Path) -> Iterator[Opened]:
    opened = Opened(browser, files / "few.html")
    yield opened
    opened.close()


def test_a_result_opens_with_all_that_is_known_of_it(few: Opened) -> None:
    few.page.get_by_label("resnet Offline: passes").first.click()
    dialog = few.page.get_by_role("dialog", name="resnet Offline")
    for title in ("What the plan did", "Against the round's limits", "Accuracy", "Latency", "Power over time", "Files"):
        assert dialog.get_by_role("heading", name=title, exact=True).is_visible()
    assert dialog.get_by_role("img", name="Power over 620 s").is_visible()
    assert dialog.get_by_text("target 75.6954 (+0.907 %)").is_visible()


def test_a_failing_result_says_why_and_how_to_mend_it(few: Opened) -> None:
    few.page.locator(".chip.fail").first.click()
    finding = few.page.locator("dialog .finding").first
    assert re.search(r"error (PERF-016|ACC-003)", finding.inner_text())
    assert "Fix." in finding.inner_text()


def test_a_result_has_an_address(few: Opened) -> None:
    few.page.goto(f"{few.own}#result-3")
    assert few.page.locator("dialog").is_visible()
    assert few.page.locator("#position").inner_text().startswith("4 of")


class TestFilters:
    def test_show_what_has_one_of_the_chosen_verdicts(self, few: Opened) -> None:
        few.page.get_by_role("button", name="fails").click()
        assert few.shown() == few.page.locator(".chip.fail:visible").count() == few.page.locator(".chip.fail").count()
        few.page.get_by_role("button", name="still to run").click()
        assert few.shown() == few.page.locator(".chip.fail, .chip.todo").count()

    def test_show_what_a_search_finds_and_no_empty_rows(self, few: Opened) -> None:
        few.page.get_by_role("searchbox").fill("basalt perf-016")
        expect(few.page.locator(".matrix tbody tr:visible")).to_have_count(1)
        assert few.page.locator(".chip:visible").first.evaluate("chip => chip.classList.contains('fail')")

    def test_go_together_and_are_reset(self, few: Opened) -> None:
        every = few.shown()
        few.page.get_by_role("combobox", name="Division").select_option("open")
        few.page.get_by_role("combobox", name="Scenario").select_option("Server")
        assert 0 < few.shown() < every
        few.page.get_by_role("button", name="Reset").click()
        expect(few.page.locator("#shown")).to_have_text(f"{every} of {every} shown")

    def test_say_that_nothing_fits(self, few: Opened) -> None:
        few.page.get_by_role("searchbox").fill("no such thing")
        few.page.get_by_text("No result fits these filters").wait_for()
        assert few.shown() == 0


def test_all_can_be_done_with_the_keyboard(few: Opened) -> None:
    keyboard = few.page.keyboard
    few.page.locator(".chip").nth(2).focus()
    keyboard.press("Enter")
    few.page.locator("#position", has_text="3 of").wait_for()
    keyboard.press("ArrowRight")
    few.page.locator("#position", has_text="4 of").wait_for()
    keyboard.press("Escape")
    few.page.locator("dialog").wait_for(state="hidden")
    assert few.page.evaluate("[...document.querySelectorAll('.chip')].indexOf(document.activeElement)") == 3


def test_every_control_has_a_name(few: Opened) -> None:
    few.page.locator(".chip").first.click()
    unnamed = few.page.evaluate(
        """[...document.querySelectorAll('a, button, input, select, [role=region], [role=img], dialog')].filter(
            (e) => !(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length))).map((e) => e.outerHTML)"""
    )
    assert unnamed == []


def test_colours_are_light_or_dark_as_chosen(few: Opened) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = few.page.evaluate(paper)
    few.page.get_by_role("button", name="Use dark colours").click()
    assert few.page.evaluate(paper) != light
    few.page.reload()
    assert few.page.evaluate(paper) != light


@pytest.mark.parametrize("width", _WIDTHS)
@pytest.mark.parametrize("name", ["few", "many", "hostile"])
def test_the_page_fits_its_window(browser: Browser, files: Path, tmp_path: Path, name: str, width: int) -> None:
    opened = Opened(browser, files / f"{name}.html", width)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.screenshot(path=tmp_path / "page.png")
    opened.page.locator(".chip").first.click()
    assert opened.page.evaluate("(d => d.scrollWidth - d.clientWidth)(document.querySelector('dialog'))") <= 0
    assert opened.page.screenshot(path=tmp_path / "result.png")
    opened.close()


def test_hostile_names_are_text(browser: Browser, files: Path) -> None:
    opened = Opened(browser, files / "hostile.html")
    opened.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    opened.page.locator(".chip").first.click()
    assert HOSTILE.system in opened.page.locator("dialog").inner_text()
    opened.close()


def test_two_thousand_results_stay_responsive(browser: Browser, files: Path) -> None:
    """Generous: the browser's own time for an action, far above what it takes."""
    opened = Opened(browser, files / "many.html")
    opened.page.set_default_timeout(30_000)
    opened.page.get_by_role("button", name="fails").first.click()
    opened.page.get_by_role("searchbox").fill("basalt-edge-001")
    expect(opened.page.locator(".matrix tbody tr:visible")).to_have_count(1, timeout=30_000)
    opened.page.locator(".chip:visible").first.click()
    expect(opened.page.locator("dialog .finding").first).to_be_visible(timeout=30_000)
    opened.close()


def test_a_result_is_printed_alone(few: Opened) -> None:
    few.page.locator(".chip").first.click()
    few.page.emulate_media(media="print")
    assert not few.page.locator("main").is_visible()
    assert few.page.locator("dialog h2").is_visible()


class TestTheLastBuild:
    @pytest.fixture
    def rebuilt(self, workspace: Path) -> Path:
        log = workspace / "results/closed/example-edge/resnet50/Offline/performance/run_1/mlperf_log_detail.txt"
        edit_log(log, result_samples_per_second=200.5)
        doit(workspace, check=True)
        return workspace

    def test_is_what_changes_are_told_from(self, rebuilt: Path) -> None:
        text = (rebuilt / "build/report/index.html").read_text()
        assert re.search(r"worse</span>.*resnet50 Offline", text, re.DOTALL)

    def test_stays_the_same_when_the_reports_are_made_again(self, rebuilt: Path) -> None:
        before = (rebuilt / "build/report/index.html").read_bytes()
        (rebuilt / "build/report/index.html").unlink()
        doit(rebuilt, check=True)
        assert (rebuilt / "build/report/index.html").read_bytes() == before

    def test_stays_the_same_after_a_kill_before_the_summary_is_written(
        self, built_example: Path, rebuilt: Path
    ) -> None:
        before = (rebuilt / "build/report/index.html").read_bytes()
        shutil.copy(built_example / "build/summary.json", rebuilt / "build/summary.json")
        doit(rebuilt, check=True)
        assert (rebuilt / "build/report/index.html").read_bytes() == before


def test_a_built_example_has_its_page(browser: Browser, built_example: Path) -> None:
    opened = Opened(browser, built_example / "build/report/index.html")
    assert opened.shown() == 5
    opened.page.locator(".chip").first.click()
    links = opened.page.locator("dialog .files a")
    assert links.count() > 4
    for link in links.all():
        address = link.evaluate("element => element.href")
        assert Path(address.removeprefix("file://")).is_file()
    opened.close()
