"""What is declared of systems, in the tree: descriptions in layers, nameplates, private ids, several divisions."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support import CLOSED_SYSTEM, declare_example, doit, make_workspace, report, run_program, tree

SYSTEM = "closed/ExampleLab/systems/example-edge.json"
SUPPLIES = "rack:\n  PSUs: [{PowerCapacityWatts: 140}, {PowerCapacityWatts: 140}]\n  Min PSUs Needed: 1\n"


def fields(workspace: Path, path: str = SYSTEM) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(tree(workspace)[path])
    return said


def closed_alone(folder: Path, **keys: Any) -> Path:
    """A workspace with the example's closed results, to declare things of."""
    shutil.copytree(CLOSED_SYSTEM, folder / "results/example-edge")
    return make_workspace(folder, **keys)


def edit_meta(workspace: Path, **changed: Any) -> None:
    path = workspace / "results/example-edge/system_meta.json"
    said = json.loads(path.read_bytes()) | changed
    path.write_text(json.dumps({name: value for name, value in said.items() if value is not None}))


class TestLayers:
    def test_declaration_over_system_meta_over_what_was_detected_over_defaults(self, tmp_path: Path) -> None:
        system = {
            "detected": "describe.yaml",
            "description": {"framework": "declared"},
            "hw_name": "Edge 1",
            "hw_notes_extra": "capped",
        }
        workspace = closed_alone(tmp_path, systems={"example-edge": system})
        edit_meta(workspace, cooling="", host_networking="10 GbE", hw_notes="quiet", sw_notes=None)
        (workspace / "describe.yaml").write_text("cooling: air\nhost_networking: none\nframework: detected\n")
        doit(workspace, check=True)
        said = fields(workspace)
        assert (said["framework"], said["host_networking"], said["cooling"]) == ("declared", "10 GbE", "air")
        assert (said["system_name"], said["hw_notes"], said["sw_notes"]) == ("Edge 1", "quiet capped", "")
        (origins,) = report(workspace, "manifest")["system_field_origins"].values()
        assert (origins["framework"], origins["host_networking"], origins["cooling"], origins["sw_notes"]) == (
            "declaration",
            "system_meta.json",
            "detected",
            "default",
        )

    def test_a_changed_description_file_is_built_anew(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path, systems={"example-edge": {"detected": "describe.yaml"}})
        edit_meta(workspace, cooling=None)
        for cooling in ("air", "water"):
            (workspace / "describe.yaml").write_text(f"cooling: {cooling}\n")
            doit(workspace, check=True)
            assert fields(workspace)["cooling"] == cooling

    def test_one_system_extends_another_that_is_none(self, tmp_path: Path) -> None:
        systems = {"base": {"description": {"cooling": "air"}, "status": "rdi"}, "example-edge": {"extends": "base"}}
        workspace = closed_alone(tmp_path, systems=systems)
        assert "SCAN-007" not in doit(workspace, check=True).output
        assert (fields(workspace)["cooling"], fields(workspace)["status"]) == ("air", "rdi")

    @pytest.mark.parametrize("value", ["Müller & Söhne", '"quoted", with commas; and = signs', "日本", "x" * 20_000])
    def test_any_text_is_shipped_and_tabled_as_it_is(self, tmp_path: Path, value: str) -> None:
        workspace = closed_alone(tmp_path)
        edit_meta(workspace, system_name=value, sw_notes=value)
        doit(workspace, check=True)
        assert (fields(workspace)["system_name"], fields(workspace)["sw_notes"]) == (value, value)
        rows = list(csv.DictReader((workspace / "build/summary.csv").read_text().splitlines()))
        assert {row["SystemName"] for row in rows} == {value}
        assert all(row["notes"].endswith(value) for row in rows)


class TestDivisions:
    def test_one_system_is_described_in_each(self, unbuilt: Path) -> None:
        shutil.copytree(unbuilt / "results/closed/example-edge", unbuilt / "results/open/example-edge")
        doit(unbuilt, check=True)
        for division in ("closed", "open"):
            assert fields(unbuilt, f"{division}/ExampleLab/systems/example-edge.json")["division"] == division

    def test_a_network_system_is_asked_for_its_fields_by_name(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path, division="network")
        output = doit(workspace).output
        assert "error SYS-004: fields missing: network_type, network_media, network_rate," in output
        assert "network_type: Ethernet" in output
        assert "SYS-007" not in output


class TestNameplate:
    def test_is_submitted_beside_the_description(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path)
        (workspace / "results/example-edge/example-edge_power.yaml").write_text(SUPPLIES)
        doit(workspace, check=True)
        assert tree(workspace)["closed/ExampleLab/systems/example-edge_power.yaml"] == SUPPLIES.encode()
        verified = run_program(
            "mlperf-dodo", "verify", "--tree", "build/submission", "--round", "v6.1", folder=workspace
        )
        assert verified.code == 0

    def test_a_changed_one_is_staged_anew_and_a_removed_one_goes(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path)
        plate = workspace / "results/example-edge/example-edge_power.yaml"
        plate.write_text(SUPPLIES)
        doit(workspace, check=True)
        plate.write_text(SUPPLIES.replace("140", "150"))
        doit(workspace, check=True)
        assert b"150" in tree(workspace)["closed/ExampleLab/systems/example-edge_power.yaml"]
        plate.unlink()
        doit(workspace, check=True)
        assert "closed/ExampleLab/systems/example-edge_power.yaml" not in tree(workspace)
        assert doit(workspace, check=True).tasks == []

    def test_in_a_round_without_it_stays_out(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path, round="v6.0")
        (workspace / "results/example-edge/example-edge_power.yaml").write_text(SUPPLIES)
        doit(workspace)
        assert not [path for path in tree(workspace) if path.endswith("_power.yaml")]

    def test_that_can_t_be_read_fails_the_systems_results(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path)
        (workspace / "results/example-edge/example-edge_power.yaml").write_text("a: [")
        assert "error SYS-010: nameplate power can't be read: invalid YAML" in doit(workspace).output

    def test_that_is_declared_and_not_there_is_named(self, tmp_path: Path) -> None:
        workspace = closed_alone(tmp_path, systems={"example-edge": {"nameplate_power": "plate.yaml"}})
        outcome = doit(workspace)
        assert outcome.code == 1
        assert "error TEXT-003: declared path plate.yaml does not exist" in outcome.output


def test_a_private_id_is_written_where_the_official_checker_looks_for_it(unbuilt: Path) -> None:
    declare_example(unbuilt, systems={"example-edge": {"private_id": "calm-otter"}})
    doit(unbuilt, check=True)
    path = "closed/ExampleLab/results/example-edge/privateid.json"
    assert json.loads(tree(unbuilt)[path]) == {"example-edge": "calm-otter"}
    rows = list(csv.DictReader((unbuilt / "build/summary.csv").read_text().splitlines()))
    assert {row["Platform"]: row["PrivateID"] for row in rows} == {
        "example-edge": "calm-otter",
        "example-edge-int4": "",
    }
    declare_example(unbuilt)
    doit(unbuilt, check=True)
    assert path not in tree(unbuilt)


def test_a_name_that_leads_out_of_the_tree_stays_in_it(tmp_path: Path) -> None:
    workspace = closed_alone(tmp_path / "inner/workspace")
    info = dict.fromkeys(("implementation", "device", "framework", "run_config"), "../..")
    (workspace / "results/example-edge/mlc-sut-info.json").write_text(json.dumps({"system_name": "../../..", **info}))
    before = {path for path in tmp_path.rglob("*") if workspace not in path.parents}
    doit(workspace, check=True)
    assert {path for path in tmp_path.rglob("*") if workspace not in path.parents} == before
    (system,) = {path.split("/")[3] for path in tree(workspace) if "/results/" in path}
    assert not system.startswith(".")
