"""What the four rounds say: laws that readers take for granted, and figures written down by hand.

The figures below are copies for comparison, from the tables of the official checker
(submission_checker/constants.py in mlcommons/inference), so that a slip in a file is seen.
"""

from __future__ import annotations

import pytest

from rules.domain import Category, Division, Scenario
from rules.rounds import AccuracyMetric, Benchmark, Round, available_rounds, load_round
from rules.rounds.model import Layout

ROUNDS = [load_round(name) for name in available_rounds()]
V50, V51, V60, V61 = ROUNDS
NAMES = {name for round_ in ROUNDS for name in round_.benchmarks}
SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER, INTERACTIVE = Scenario
DATACENTER, EDGE, BOTH = Category

every_round = pytest.mark.parametrize("round_", ROUNDS, ids=available_rounds())


def known(benchmark: Benchmark) -> frozenset[Scenario]:
    """The scenarios that a result of the benchmark may have in any category."""
    return frozenset().union(*(scenarios.known for scenarios in benchmark.scenarios.values()))


def metric(round_: Round, benchmark: str, name: str) -> AccuracyMetric:
    return next(each for each in round_.benchmarks[benchmark].accuracy if each.name == name)


class TestLawsOfRounds:
    @every_round
    def test_fields_that_must_not_be_empty_are_among_the_required(self, round_: Round) -> None:
        assert {*round_.system_fields_meaningful} <= {*round_.system_fields}

    @every_round
    def test_fields_of_network_systems_are_required_of_no_other(self, round_: Round) -> None:
        assert not {*round_.system_fields_network} & {*round_.system_fields}

    @every_round
    def test_statuses_are_in_lower_case_as_they_are_compared(self, round_: Round) -> None:
        assert [*round_.statuses] == [status.lower() for status in round_.statuses]

    @every_round
    def test_seeds_are_no_other_rounds(self, round_: Round) -> None:
        others = {seed for other in ROUNDS if other is not round_ for seed in other.seeds.values()}
        assert len({*round_.seeds.values()} - others) == 3

    @every_round
    def test_every_scenario_has_units_with_power_and_without(self, round_: Round) -> None:
        assert {*round_.units} == {*round_.power_units} == {*Scenario}

    @every_round
    def test_every_scenario_that_loadgen_logs_has_a_result_field(self, round_: Round) -> None:
        assert {*Scenario} - {INTERACTIVE} <= {*round_.result_fields}

    @every_round
    def test_endpoints_fields_are_there_for_all_scenarios_if_a_benchmark_allows_endpoints(self, round_: Round) -> None:
        allowed = any(benchmark.allows_endpoints for benchmark in round_.benchmarks.values())
        assert {*round_.endpoints_result_fields} == ({*Scenario} if allowed else set())

    @every_round
    def test_aliases_and_guesses_give_benchmarks_of_one_round_or_another(self, round_: Round) -> None:
        assert {*round_.aliases.values(), *(name for _, name in round_.guesses)} <= NAMES

    @every_round
    def test_an_alias_is_no_benchmarks_name(self, round_: Round) -> None:
        assert not {*round_.aliases} & NAMES

    @every_round
    def test_no_guess_stands_in_vain_behind_a_more_general_one(self, round_: Round) -> None:
        parts = [part for part, _ in round_.guesses]
        assert not [part for n, part in enumerate(parts) if any(earlier in part for earlier in parts[:n])]

    @every_round
    def test_test09_accepts_a_range(self, round_: Round) -> None:
        low, high = round_.test09_output_tokens
        assert 0 < low < high


class TestLawsOfBenchmarks:
    """Each names the benchmarks that break it."""

    @every_round
    def test_only_what_is_not_listed_has_no_scenarios(self, round_: Round) -> None:
        assert [each.name for each in round_.benchmarks.values() if bool(each.scenarios) is not each.listed] == []

    @every_round
    def test_no_scenario_is_both_required_and_optional(self, round_: Round) -> None:
        sets = [(each.name, category) for each in round_.benchmarks.values() for category in each.scenarios.items()]
        assert [name for name, (_, each) in sets if {*each.required} & {*each.optional}] == []

    @every_round
    def test_every_scenario_has_a_least_query_count(self, round_: Round) -> None:
        """Interactive has none: its log is a Server log."""
        counted = [({*each.min_queries}, known(each) - {INTERACTIVE}, each) for each in round_.benchmarks.values()]
        assert [each.name for found, needed, each in counted if not needed <= found] == []

    @every_round
    def test_every_server_result_has_a_latency_limit(self, round_: Round) -> None:
        of_server = [each for each in round_.benchmarks.values() if SERVER in known(each)]
        assert [each.name for each in of_server if SERVER not in each.latency_limits_ns] == []

    @every_round
    def test_no_count_exceeds_the_data_set(self, round_: Round) -> None:
        for each in round_.benchmarks.values():
            accuracy = [each.accuracy_samples(scenario) for scenario in Scenario]
            assert max(each.performance_sample_count, each.offline_min_samples or 0, *accuracy) <= each.dataset_size

    @every_round
    def test_bounds_leave_room(self, round_: Round) -> None:
        metrics = [found for each in round_.benchmarks.values() for found in each.accuracy]
        bounds = [(target, each.upper_limit or float("inf")) for each in metrics for target in each.targets.values()]
        assert [bound for bound in bounds if not 0 < bound[0] < bound[1]] == []

    @every_round
    def test_a_pattern_has_one_group_the_value(self, round_: Round) -> None:
        patterns = {found.pattern for each in round_.benchmarks.values() for found in each.accuracy}
        assert [each.pattern for each in patterns if each.groups != 1] == []

    @every_round
    def test_token_latencies_are_limited_only_where_they_are_measured(self, round_: Round) -> None:
        limited = [each for each in round_.benchmarks.values() if each.token_latency_limits]
        assert [each.name for each in limited if not each.needs_token_latencies] == []
        assert {scenario for each in limited for scenario in each.token_latency_limits} == {SERVER, INTERACTIVE}

    @every_round
    def test_interactive_is_never_slower_than_server(self, round_: Round) -> None:
        limits = [each.token_latency_limits for each in round_.benchmarks.values()]
        pairs = [(each[INTERACTIVE], each[SERVER]) for each in limits if {SERVER, INTERACTIVE} <= {*each}]
        assert pairs
        assert all(fast.ttft_ns < slow.ttft_ns and fast.tpot_ns < slow.tpot_ns for fast, slow in pairs)

    @every_round
    def test_the_99_9_variant_differs_from_the_99_in_accuracy_only(self, round_: Round) -> None:
        pairs = [
            (round_.benchmarks[name.removesuffix(".9")], high)
            for name, high in round_.benchmarks.items()
            if name.endswith("-99.9") and name.removesuffix(".9") in round_.benchmarks
        ]
        assert pairs
        for low, high in pairs:
            fields = {name for name in vars(low) if vars(low)[name] != vars(high)[name]}
            assert fields == {"name", "accuracy"}
            for less, more in zip(low.accuracy, high.accuracy, strict=True):
                assert (less.compliance_delta_percent, more.compliance_delta_percent) == (1, 0.1)
                assert (less.target(OFFLINE) or 0) <= (more.target(OFFLINE) or 0)


class TestRounds:
    @pytest.mark.parametrize(
        ("round_", "qsl", "sample_index", "schedule"),
        [
            (V50, 6023615788873153749, 15036839855038426416, 9933818062894767841),
            (V51, 1780908523862526354, 14771362308971278857, 18209322760996052031),
            (V60, 2465351861681999779, 14276810075590677512, 3936089224930324775),
            (V61, 2085463073848966840, 2747215439041700203, 16159082839903944936),
        ],
        ids=available_rounds(),
    )
    def test_seeds(self, round_: Round, qsl: int, sample_index: int, schedule: int) -> None:
        assert round_.seeds == {
            "qsl_rng_seed": qsl,
            "sample_index_rng_seed": sample_index,
            "schedule_rng_seed": schedule,
        }

    def test_what_no_round_has_changed(self) -> None:
        for round_ in ROUNDS:
            assert {*round_.divisions} == {*Division}
            assert {*round_.statuses} == {"available", "preview", "rdi"}
            assert (round_.min_duration_ms, round_.max_accuracy_log_bytes) == (600_000, 10 * 1024)
            assert {*round_.inference} == {
                (SINGLE_STREAM, MULTI_STREAM),
                (SINGLE_STREAM, OFFLINE),
                (MULTI_STREAM, OFFLINE),
            }
            assert (len(round_.system_fields), len(round_.system_fields_meaningful)) == (35, 26)
            assert len(round_.measurements_fields) == 5

    def test_what_rounds_have_changed(self) -> None:
        assert [round_.layout for round_ in ROUNDS] == [Layout.V5, Layout.V5, Layout.V6, Layout.V6]
        assert [round_.nameplate_power for round_ in ROUNDS] == [False, False, False, True]
        assert [bool(round_.endpoints_result_fields) for round_ in ROUNDS] == [False, False, False, True]
        assert [INTERACTIVE in round_.result_fields for round_ in ROUNDS] == [False, False, False, True]

    @pytest.mark.parametrize(
        ("round_", "came", "went"),
        [
            (
                V51,
                {"deepseek-r1", "llama3.1-8b", "llama3.1-8b-edge", "whisper"},
                {"gptj-99", "gptj-99.9", "llama2-70b-interactive-99", "llama2-70b-interactive-99.9"},
            ),
            (
                V60,
                {"dlrm-v3", "gpt-oss-120b", "qwen3-vl-235b-a22b", "wan-2.2-t2v-a14b", "yolo-95", "yolo-99"},
                {"dlrm-v2-99", "dlrm-v2-99.9"},
            ),
            (
                V61,
                {"e2e-rag-db", "e2e-rag-qna", "qwen3.6-27b"},
                {"llama2-70b-99", "llama3.1-405b", "mixtral-8x7b", "pointpainting", "retinanet"},
            ),
        ],
        ids=available_rounds()[1:],
    )
    def test_benchmarks_come_and_go(self, round_: Round, came: set[str], went: set[str]) -> None:
        before, now = ({*listed(each)} for each in (ROUNDS[ROUNDS.index(round_) - 1], round_))
        assert (now - before, before - now) == (came, went)
        assert len(listed(V50)) == 19  # where the count begins


def listed(round_: Round) -> list[str]:
    return [benchmark.name for benchmark in round_.benchmarks.values() if benchmark.listed]


class TestFigures:
    @pytest.mark.parametrize(
        ("round_", "benchmark", "category", "required", "optional"),
        [
            (V50, "resnet", DATACENTER, {OFFLINE, SERVER}, set()),
            (V61, "resnet", DATACENTER, None, None),
            (V61, "resnet", EDGE, {SINGLE_STREAM, MULTI_STREAM, OFFLINE}, set()),
            (V61, "resnet", BOTH, {SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER}, set()),
            (V50, "llama2-70b-99.9", DATACENTER, {OFFLINE, SERVER}, set()),
            (V61, "llama2-70b-99.9", DATACENTER, {OFFLINE}, {SERVER, INTERACTIVE}),
            (V61, "llama2-70b-99.9", EDGE, None, None),
            (V60, "retinanet", EDGE, None, None),
            (V60, "retinanet", BOTH, {SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER}, set()),
            (V51, "deepseek-r1", BOTH, {SINGLE_STREAM, OFFLINE, SERVER}, set()),
            (V60, "qwen3-vl-235b-a22b", DATACENTER, {OFFLINE, SERVER}, set()),
            (V61, "qwen3-vl-235b-a22b", DATACENTER, {OFFLINE}, {SERVER, INTERACTIVE}),
            (V61, "wan-2.2-t2v-a14b", DATACENTER, {SINGLE_STREAM, OFFLINE}, set()),
            (V61, "wan-2.2-t2v-a14b", BOTH, None, None),
            (V61, "whisper", EDGE, {OFFLINE}, set()),
        ],
    )
    def test_scenarios(
        self,
        round_: Round,
        benchmark: str,
        category: Category,
        required: set[Scenario] | None,
        optional: set[Scenario] | None,
    ) -> None:
        scenarios = round_.benchmarks[benchmark].scenario_set(category)
        found = ({*scenarios.required}, {*scenarios.optional}) if scenarios else (None, None)
        assert found == (required, optional)

    @pytest.mark.parametrize(
        ("round_", "benchmark", "name", "scenario", "target", "upper_limit"),
        [
            (V61, "resnet", "acc", OFFLINE, 76.46 * 0.99, None),
            (V61, "bert-99.9", "F1", OFFLINE, 90.874 * 0.999, None),
            (V61, "3d-unet-99", "DICE", OFFLINE, 0.8617 * 0.99, None),
            (V50, "dlrm-v2-99.9", "AUC", SERVER, 80.31 * 0.999, None),
            (V50, "gptj-99", "GEN_LEN", OFFLINE, 4016878 * 0.9, None),
            (V61, "llama2-70b-99.9", "ROUGE1", SERVER, 44.4312 * 0.999, None),
            (V61, "llama2-70b-99.9", "TOKENS_PER_SAMPLE", OFFLINE, 294.45 * 0.9, 294.45 * 1.1),
            (V60, "mixtral-8x7b", "TOKENS_PER_SAMPLE", OFFLINE, 144.84 * 0.9, 145.9 * 1.1),
            (V61, "llama3.1-8b", "GEN_LEN", OFFLINE, 8167644 * 0.9, 8167644 * 1.1),
            (V61, "stable-diffusion-xl", "FID_SCORE", OFFLINE, 23.01085758, 23.95007626),
            (V61, "gpt-oss-120b", "TOKENS_PER_SAMPLE", OFFLINE, None, 9999 * 1.1),
            (V61, "qwen3-vl-235b-a22b", "F1_HIERARCHICAL", SERVER, 0.7903 * 0.99, None),
            (V61, "qwen3-vl-235b-a22b", "F1_HIERARCHICAL", INTERACTIVE, 0.7878 * 0.99, None),
            (V60, "qwen3-vl-235b-a22b", "F1_HIERARCHICAL", INTERACTIVE, 0.7903 * 0.99, None),
            (V61, "yolo-95", "mAP", OFFLINE, 53.4 * 0.95, None),
            (V61, "e2e-rag-qna", "E2E_ACCURACY", OFFLINE, 33.95, None),
        ],
    )
    def test_accuracy(
        self,
        round_: Round,
        benchmark: str,
        name: str,
        scenario: Scenario,
        target: float | None,
        upper_limit: float | None,
    ) -> None:
        found = metric(round_, benchmark, name)
        assert (found.target(scenario), found.upper_limit) == (target, upper_limit)

    @pytest.mark.parametrize(
        ("round_", "benchmark", "dataset", "performance", "accuracy", "offline_min"),
        [
            (V61, "resnet", 50000, 1024, 50000, 24576),
            (V60, "retinanet", 24781, 64, 24781, 24576),
            (V50, "gptj-99", 13368, 13368, 13368, None),
            (V61, "llama3.1-8b-edge", 5000, 5000, 5000, 5000),
            (V61, "gpt-oss-120b", 6396, 6396, 4395, 6396),
            (V61, "wan-2.2-t2v-a14b", 248, 50, 248, 50),
            (V61, "qwen3.6-27b", 995, 995, 995, None),
        ],
    )
    def test_samples(
        self, round_: Round, benchmark: str, dataset: int, performance: int, accuracy: int, offline_min: int | None
    ) -> None:
        found = round_.benchmarks[benchmark]
        assert (found.dataset_size, found.performance_sample_count) == (dataset, performance)
        assert (found.accuracy_samples(OFFLINE), found.offline_min_samples) == (accuracy, offline_min)

    @pytest.mark.parametrize(
        ("round_", "benchmark", "scenario", "ttft_ms", "tpot_ms"),
        [
            (V50, "llama2-70b-interactive-99", SERVER, 450, 40),
            (V61, "llama2-70b-99.9", SERVER, 2000, 200),
            (V61, "llama2-70b-99.9", INTERACTIVE, 450, 40),
            (V60, "llama3.1-405b", SERVER, 6000, 175),
            (V61, "llama3.1-8b", INTERACTIVE, 500, 30),
            (V61, "deepseek-r1", SERVER, 2000, 80),
            (V61, "gpt-oss-120b", INTERACTIVE, 2000, 15),
        ],
    )
    def test_token_latencies(
        self, round_: Round, benchmark: str, scenario: Scenario, ttft_ms: int, tpot_ms: int
    ) -> None:
        limits = round_.benchmarks[benchmark].token_latency_limits[scenario]
        assert (limits.ttft_ns, limits.tpot_ns) == (ttft_ms * 1_000_000, tpot_ms * 1_000_000)

    @pytest.mark.parametrize(
        ("round_", "benchmark", "limits_ms"),
        [
            (V61, "resnet", {SERVER: 15}),
            (V60, "retinanet", {SERVER: 100}),
            (V61, "deepseek-r1", {SERVER: 60_000}),
            (V61, "qwen3-vl-235b-a22b", {SERVER: 12_000, INTERACTIVE: 1_500}),
            (V61, "whisper", {}),
        ],
    )
    def test_latencies(self, round_: Round, benchmark: str, limits_ms: dict[Scenario, int]) -> None:
        limits = {scenario: limit * 1_000_000 for scenario, limit in limits_ms.items()}
        assert round_.benchmarks[benchmark].latency_limits_ns == limits

    @pytest.mark.parametrize(
        ("round_", "benchmark", "tests"),
        [
            (V61, "resnet", ("TEST01", "TEST04")),
            (V61, "bert-99", ("TEST01",)),
            (V50, "llama3.1-405b", ()),
            (V51, "llama3.1-405b", ("TEST06",)),
            (V61, "gpt-oss-120b", ("TEST07", "TEST09")),
            (V61, "dlrm-v3", ("TEST08",)),
            (V61, "wan-2.2-t2v-a14b", ("TEST04",)),
            (V60, "e2e-rag-qna", None),
            (V61, "e2e-rag-qna", ("TEST09",)),
        ],
    )
    def test_compliance_tests(self, round_: Round, benchmark: str, tests: tuple[str, ...] | None) -> None:
        found = round_.benchmarks.get(benchmark)
        assert (found.compliance_tests if found else None) == tests

    @pytest.mark.parametrize(
        ("round_", "benchmark", "scenario", "field", "units"),
        [
            (V61, "resnet", SINGLE_STREAM, "early_stopping_latency_ss", "Latency (ms)"),
            (V61, "resnet", OFFLINE, "result_samples_per_second", "Samples/s"),
            (V50, "gptj-99", OFFLINE, "result_inferred_tokens_per_second", "Samples/s"),
            (V61, "llama3.1-8b", SERVER, "result_completed_tokens_per_second", "Tokens/s"),
            (V61, "llama3.1-8b-edge", SINGLE_STREAM, "result_90.00_percentile_latency_ns", "Latency (ms)"),
            (V61, "whisper", OFFLINE, "result_tokens_per_second", "Samples/s"),
            (V61, "wan-2.2-t2v-a14b", SINGLE_STREAM, "early_stopping_latency_ss", "Latency (s)"),
            (V61, "e2e-rag-qna", OFFLINE, "result_samples_per_second", "Tasks/s"),
        ],
    )
    def test_result_fields_and_units(
        self, round_: Round, benchmark: str, scenario: Scenario, field: str, units: str
    ) -> None:
        found = round_.benchmarks[benchmark]
        assert found.result_fields.get(scenario, round_.result_fields[scenario]) == field
        assert round_.units_of(found, scenario) == units

    def test_samples_to_hand_in_with_the_accuracy_run(self) -> None:
        assert V50.benchmarks["stable-diffusion-xl"].accuracy_files["images"][0] == "4459"
        assert V60.benchmarks["stable-diffusion-xl"].accuracy_files["images"][0] == "1311"
        assert V61.benchmarks["stable-diffusion-xl"].accuracy_files == {}
        assert V61.benchmarks["wan-2.2-t2v-a14b"].accuracy_files["videos"][:2] == ("130", "106")

    def test_benchmarks_with_rules_of_their_own(self) -> None:
        benchmarks = V61.benchmarks.values()
        assert {each.name for each in benchmarks if not each.min_duration_applies} == {"e2e-rag-db", "e2e-rag-qna"}
        assert {each.name for each in benchmarks if each.allows_endpoints} == {
            "deepseek-r1",
            "gpt-oss-120b",
            "llama3.1-8b",
            "llama3.1-8b-edge",
            "qwen3-vl-235b-a22b",
            "qwen3.6-27b",
            "wan-2.2-t2v-a14b",
        }
        assert {each.name for each in benchmarks if each.latency_divisor != 1_000_000} == {"wan-2.2-t2v-a14b"}


class TestPatterns:
    """How accuracy reports spell metrics, line by line."""

    @pytest.mark.parametrize(
        ("round_", "benchmark", "name", "line", "value"),
        [
            (V61, "resnet", "acc", "accuracy=76.014%, good=38007, total=50000", "76.014"),
            (V61, "resnet", "acc", '{"accuracy": 76.014, "good": 38007}', "76.014"),
            (V61, "resnet", "acc", "the accuracy=76.014%", None),
            (V60, "retinanet", "mAP", "mAP=37.312%", "37.312"),
            (V61, "bert-99", "F1", '{"exact_match": 82.92, "f1": 90.03}', "90.03"),
            (V50, "dlrm-v2-99", "AUC", "AUC=80.310%, good=1, total=2", "80.310"),
            (V61, "3d-unet-99", "DICE", "Accuracy: mean = 0.86170, kidney = 0.9347, tumor = 0.7887", "0.86170"),
            (V61, "llama3.1-8b", "ROUGELSUM", "{'rouge1': '38.7', 'rougeLsum': '35.8'}", "35.8"),
            (V61, "llama2-70b-99.9", "ROUGE1", "{'rouge1': 44.4, 'tokens_per_sample': 294.4}", "44.4"),
            (V61, "llama2-70b-99.9", "TOKENS_PER_SAMPLE", "{'rouge1': 44.4, 'tokens_per_sample': 294.4}", "294.4"),
            (V61, "whisper", "ACCURACY", "Word Error Rate: 2.0%, accuracy=97.9%", "97.9"),
            (V61, "stable-diffusion-xl", "CLIP_SCORE", "{'FID_SCORE': '23.3', 'CLIP_SCORE': '31.7'}", "31.7"),
            (V61, "e2e-rag-qna", "E2E_ACCURACY", "Accuracy: 33.98", "33.98"),
        ],
    )
    def test_a_line_gives_the_value(
        self, round_: Round, benchmark: str, name: str, line: str, value: str | None
    ) -> None:
        match = metric(round_, benchmark, name).pattern.match(line)
        assert (match[1] if match else None) == value
