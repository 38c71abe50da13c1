"""What results folders are found to hold: roots, divisions, names, round, submitter, and what is still to fill in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support import CLOSED_SYSTEM, OPEN_SYSTEM, edit_log

from rules.domain import Division
from rules.errors import UserError
from rules.rounds import load_round
from rules.starter.survey import FoundSystem, Survey, survey
from rules.starter.wishes import Wishes

META = json.loads((CLOSED_SYSTEM / "system_meta.json").read_bytes())
LOG = "performance/run_1/mlperf_log_detail.txt"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*paths: str, text: str = "") -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)


def put_meta(folder: str, **fields: Any) -> None:
    put(f"{folder}/system_meta.json", text=json.dumps(META | fields))


def surveyed(*results: str, **wishes: Any) -> Survey:
    return survey(Wishes(results=results or ("results",), **wishes), Path())


def only_system(found: Survey) -> FoundSystem:
    (system,) = found.systems
    return system


def with_sut(folder: str = "results/edge-1") -> str:
    put(f"{folder}/resnet50/Offline/user.conf")
    return folder


class TestRoots:
    def test_a_folder_of_suts(self) -> None:
        with_sut()
        assert surveyed().roots == ((Path("results"), None),)

    def test_a_folder_of_divisions(self) -> None:
        with_sut("results/closed/edge-1")
        with_sut("results/closed/edge-2")
        with_sut("results/Open/edge-3")
        found = surveyed()
        assert found.division == "closed"
        assert found.roots == ((Path("results/Open"), Division.OPEN), (Path("results/closed"), None))

    def test_folders_of_folders(self) -> None:
        with_sut("results/lab/2026-11/edge-1")
        with_sut("results/other/edge-2")
        assert [str(path) for path, _ in surveyed().roots] == ["results/lab/2026-11", "results/other"]

    def test_several_are_named(self) -> None:
        with_sut("a/edge-1")
        with_sut("b/edge-2")
        assert [str(path) for path, _ in surveyed("a", "b").roots] == ["a", "b"]

    def test_are_spelled_as_the_file_needs_them(self, here: Path) -> None:
        with_sut()
        assert survey(Wishes(results=("results",)), Path("sub/mission")).roots == ((Path("../../results"), None),)
        assert survey(Wishes(results=(str(here / "results"),)), Path("sub")).roots == ((here / "results", None),)

    @pytest.mark.parametrize(
        ("results", "message"),
        [
            ("nowhere", "nowhere: no such folder"),
            ("results/edge-1", "is a SUT's own folder; name the one that holds it"),
            ("results/edge-1/resnet50", "is the folder of a single benchmark"),
            ("empty", "empty holds no runs; they lie at <SUT>/<benchmark>/<scenario>/"),
            ("tree", "tree is a finished submission tree; `mlperf-dodo verify --tree tree` checks it"),
        ],
    )
    def test_others_are_told_apart(self, results: str, message: str) -> None:
        with_sut()
        put("empty/notes.txt", "tree/closed/Lab/systems/edge-1.json")
        with_sut("tree/closed/Lab/results/edge-1")
        with pytest.raises(UserError) as caught:
            surveyed(results)
        assert message in str(caught.value)

    @pytest.mark.parametrize(
        ("suts", "message"),
        [
            (("results/closed",), "results/closed: is named like a division, not like a SUT"),
            (("results/a/edge-1", "results/b/edge-1"), "claims the same place as"),
        ],
    )
    def test_why_none_of_the_runs_counts_is_said(self, suts: tuple[str, ...], message: str) -> None:
        for sut in suts:
            with_sut(sut)
        with pytest.raises(UserError) as caught:
            surveyed()
        assert str(caught.value).startswith("no runs in results that count: ")
        assert message in str(caught.value)


class TestDivisions:
    def test_a_root_has_that_of_most_of_its_systems_and_others_say_theirs(self) -> None:
        for name, division in (("a", "open"), ("b", "Open"), ("c", "closed")):
            put_meta(with_sut(f"results/{name}"), division=division)
        found = surveyed()
        assert found.division == "open"
        assert [(system.name, dict(system.declared)) for system in found.systems] == [
            ("c", {"division": "closed"}),
            ("a", {}),
            ("b", {}),
        ]

    def test_a_folders_name_wins_over_descriptions(self) -> None:
        put_meta(with_sut("results/open/edge-1"), division="closed")
        found = surveyed()
        assert (found.division, only_system(found).declared) == ("open", {})

    def test_without_a_word_it_is_closed(self) -> None:
        with_sut()
        assert surveyed().division == "closed"

    def test_a_wished_one_is_for_all(self) -> None:
        put_meta(with_sut(), division="open")
        found = surveyed(division="closed-open")
        assert (found.division, only_system(found).declared) == ("closed-open", {})

    def test_a_system_in_two_is_one_system(self) -> None:
        with_sut("results/closed/edge-1")
        with_sut("results/open/edge-1")
        system = only_system(surveyed())
        assert system.declared == {}
        assert {*system.models} == {Division.CLOSED, Division.OPEN}


class TestRound:
    @pytest.mark.parametrize("name", ["v5.1", "v6.0"])
    def test_is_that_of_the_seeds(self, name: str) -> None:
        shutil.copytree(CLOSED_SYSTEM / "resnet50/Offline", "results/edge-1/resnet50/Offline")
        seeds = {f"effective_{seed}": value for seed, value in load_round(name).seeds.items()}
        edit_log(Path("results/edge-1/resnet50/Offline", LOG), **seeds)
        found = surveyed()
        assert (found.round.name, found.round_reason) == (name, f"The logs' seeds are those of {name}.")
        asked = surveyed(round="v6.1")
        assert (asked.round.name, asked.round_reason) == (
            "v6.1",
            f"As asked for; the logs' seeds are those of {name} (1 of the systems).",
        )

    def test_without_known_seeds_it_is_to_be_filled_in(self) -> None:
        with_sut()
        found = surveyed()
        assert found.round.name == "v6.1"
        assert found.round_reason.startswith("To fill in")

    def test_as_asked_for_needs_no_words(self) -> None:
        with_sut()
        assert surveyed(round="v6.0").round_reason == ""


class TestSubmitter:
    def test_is_the_one_that_all_descriptions_name(self) -> None:
        put_meta(with_sut("results/a"), submitter="SomeLab")
        put_meta(with_sut("results/b"), submitter=" SomeLab ")
        with_sut("results/c")
        found = surveyed()
        assert (found.submitter, found.needs_submitter) == ("SomeLab", False)

    @pytest.mark.parametrize("named", [("A", "B"), ("con",), ("Some Lab",), ("../x",), (".x",), (5,), ()])
    def test_is_to_be_filled_in_where_they_differ_or_name_no_folder(self, named: tuple[Any, ...]) -> None:
        with_sut("results/z")
        for index, name in enumerate(named):
            put_meta(with_sut(f"results/{index}"), submitter=name)
        found = surveyed()
        assert (found.submitter, found.needs_submitter) == ("YourOrganisation", True)
        assert found.other_submitters == tuple(name for name in named if isinstance(name, str))

    def test_as_wished(self) -> None:
        with_sut()
        assert surveyed(submitter="Me").submitter == "Me"


class TestSystems:
    def test_of_the_example_nothing_is_to_fill_in(self) -> None:
        for folder, division in ((CLOSED_SYSTEM, "closed"), (OPEN_SYSTEM, "open")):
            shutil.copytree(folder, f"results/{division}/{folder.name}")
        found = surveyed()
        assert [(each.to_fill_in, each.unmapped, each.unknown) for each in found.systems] == [((), {}, ())] * 2
        assert found.systems[0].models == {Division.CLOSED: {"resnet50": ("MultiStream", "Offline", "SingleStream")}}
        assert found.runs == 5

    def test_what_nothing_says_is_listed(self) -> None:
        put_meta(with_sut(), cooling="", accelerators_per_node=0, status="on sale", system_type="server")
        assert only_system(surveyed()).to_fill_in == ("status", "system_type", "accelerators_per_node", "cooling")

    def test_without_a_description_all_that_must_mean_something_is(self) -> None:
        with_sut()
        found = surveyed()
        missing = {*found.round.system_fields_meaningful} - {"division", "submitter"}
        assert {*only_system(found).to_fill_in} == missing

    def test_a_network_system_has_more_to_say(self) -> None:
        put_meta(with_sut("results/network/edge-1"), network_type="Ethernet")
        to_fill_in = only_system(surveyed()).to_fill_in
        assert {*to_fill_in} == {*surveyed().round.system_fields_network} - {"is_network", "network_type"}

    @pytest.mark.parametrize("name", ["describe.yaml", "describe.json"])
    def test_what_describe_left_in_the_sut_folder_counts(self, name: str) -> None:
        put_meta(with_sut(), cooling="")
        put(f"results/edge-1/{name}", text='{"cooling": "air"}')
        system = only_system(surveyed())
        assert (system.declared, system.to_fill_in) == ({"detected": f"results/edge-1/{name}"}, ())

    def test_a_wished_description_is_for_systems_that_have_none(self) -> None:
        put_meta(with_sut("results/a"))
        with_sut("results/b")
        put("machine.yaml", text="cooling: air\n")
        first, second = surveyed(detected="machine.yaml").systems
        assert (first.declared, second.declared) == ({}, {"detected": "machine.yaml"})
        assert "cooling" not in second.to_fill_in

    def test_a_wished_description_that_none_needs_is_said(self) -> None:
        put_meta(with_sut("results/a"))
        put("machine.yaml", text="cooling: air\n")
        assert not surveyed().leaves_detected_out
        assert surveyed(detected="machine.yaml").leaves_detected_out
        with_sut("results/b")
        assert not surveyed(detected="machine.yaml").leaves_detected_out

    def test_power_without_a_list_of_supplies(self) -> None:
        put(f"{with_sut()}/resnet50/Offline/performance/power/client.json")
        assert (only_system(surveyed()).has_power, only_system(surveyed()).has_nameplate) == (True, False)
        put("results/edge-1/edge-1_power.yaml")
        assert only_system(surveyed()).has_nameplate


class TestModels:
    def test_an_open_model_that_stands_for_nothing_gets_the_nearest_benchmark(self) -> None:
        put("results/open/edge-1/Whisper-3/Offline/user.conf", "results/open/edge-1/zzz/Offline/user.conf")
        assert only_system(surveyed()).unmapped == {"Whisper-3": "whisper", "zzz": None}

    def test_one_that_is_mapped_is_known(self) -> None:
        put("results/open/edge-1/mine/Offline/user.conf")
        put("results/open/edge-1/model_mapping.json", text='{"mine": "resnet50"}')
        assert only_system(surveyed()).unmapped == {}
        put("results/open/edge-1/model_mapping.json", text="{}")
        system = only_system(surveyed(model_mapping={"mine": "resnet50", "other": "bert-99"}))
        assert (system.unmapped, system.declared) == ({}, {"model_mapping": {"mine": "resnet50"}})

    def test_a_closed_one_that_the_round_lacks_is_named(self) -> None:
        put("results/edge-1/resnext/Offline/user.conf", "results/edge-1/resnext/Server/user.conf")
        assert only_system(surveyed()).unknown == ("resnext",)


INFO = {"system_name": "host", "implementation": "cpp", "device": "cpu", "framework": "tf", "run_config": "default"}


class TestAutomation:
    """Names and values as the automation's flags mean them."""

    def test_hw_name_is_the_first_part_of_a_composed_name(self) -> None:
        put(f"{with_sut()}/mlc-sut-info.json", text=json.dumps(INFO))
        assert only_system(surveyed()).name == "host-cpp-cpu-tf-default"
        system = only_system(surveyed(hw_name="My Edge"))
        assert system.name == "My_Edge-cpp-cpu-tf-default"
        assert system.declared == {"results": "results/edge-1", "hw_name": "My Edge"}

    def test_hw_name_is_the_name_in_tables_where_the_description_has_none(self) -> None:
        put_meta(with_sut("results/a"))
        put_meta(with_sut("results/b"), system_name=" ")
        first, second = surveyed(hw_name="My Edge").systems
        assert ("hw_name" in first.declared, second.declared["hw_name"]) == (False, "My Edge")

    def test_a_prefix_is_in_front_of_every_name(self) -> None:
        with_sut()
        system = only_system(surveyed(prefix="our lab"))
        assert (system.name, system.declared) == ("our_lab-edge-1", {"results": "results/edge-1"})

    def test_others_are_said_of_every_system(self) -> None:
        with_sut("results/a")
        with_sut("results/b")
        wished = {"category": "edge", "status": "rdi", "hw_notes_extra": "x", "sw_notes_extra": "y"}
        for system in surveyed(**wished).systems:
            assert system.declared == wished
            assert not {"status", "system_type"} & {*system.to_fill_in}

    def test_a_description_that_only_a_run_has(self) -> None:
        put_meta("results/edge-1/resnet50/Offline/performance/run_1")
        assert only_system(surveyed()).to_fill_in == ()
