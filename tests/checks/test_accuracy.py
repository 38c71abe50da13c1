"""What an accuracy run must show, rule by rule, and the accuracy that is taken from it."""

from __future__ import annotations

import pytest
from fitted_run import SHA256, Fitted, Kind, evidence_at, report_of
from rule_rows import (
    RESNET,
    Change,
    Row,
    all_of,
    append,
    assert_holds,
    clean,
    config,
    dirty,
    edit,
    log,
    log_line,
    nothing,
    remove,
    rename,
    score,
    table,
    write,
)

from rules.checks.accuracy import accuracy_values
from rules.domain import ENDPOINTS_ACCURACY, ENDPOINTS_CONFIG, Division, Scenario

REPORT = "accuracy/accuracy.txt"
LOG = "accuracy/mlperf_log_detail.txt"
ACCURACY_LOG = "accuracy/mlperf_log_accuracy.json"

OPEN = Kind(division=Division.OPEN)
BERT = Kind("bert-99")
LLAMA = Kind("llama2-70b-99.9")
SDXL = Kind("stable-diffusion-xl", round_name="v6.0")
SDXL_V61 = Kind("stable-diffusion-xl")
WAN = Kind("wan-2.2-t2v-a14b")
OSS = Kind("gpt-oss-120b")
QWEN = Kind("qwen3-vl-235b-a22b")
#: Runs of the endpoints harness.
SMALL = Kind("llama3.1-8b", is_endpoints=True)
QWEN_ENDPOINTS = Kind("qwen3-vl-235b-a22b", is_endpoints=True)
QWEN_INTERACTIVE = Kind("qwen3-vl-235b-a22b", Scenario.INTERACTIVE, is_endpoints=True)
QWEN_OPEN = Kind("qwen3-vl-235b-a22b", is_endpoints=True, division=Division.OPEN)

ACC = 76.46 * 0.99
F1 = 0.7903 * 0.99
TOKENS = LLAMA.benchmark.accuracy[3]
HASH = f"hash={SHA256}\n"
TOO_LOW = "accuracy too low: {}, the published target is {}; the official checker lets it through"


def report(kind: Kind, **scores: object) -> Change:
    """A report whose scores are at their bounds, but for these."""
    return write(REPORT, report_of(kind, **scores))


def scores(*data_sets: dict[str, object]) -> Change:
    """What the endpoints harness says of each data set."""
    return edit(ENDPOINTS_ACCURACY, "accuracy_scores", to=list(data_sets))


ROWS = [
    *table(
        "ACC-001",
        clean("it is there"),
        clean("that of the endpoints harness is there", kind=SMALL),
        dirty("the log is missing", remove(LOG), f"no accuracy run: {LOG} is missing"),
        dirty(
            "report and accuracy log are missing",
            remove(REPORT, ACCURACY_LOG),
            f"no accuracy run: {REPORT} is missing",
            f"no accuracy run: {ACCURACY_LOG} is missing",
        ),
        dirty(
            "the endpoints harness left no accuracy",
            remove(ENDPOINTS_ACCURACY),
            f"no accuracy run: {ENDPOINTS_ACCURACY} is missing",
            kind=SMALL,
        ),
        dirty(
            "nor beside a config.yml",
            all_of(remove(ENDPOINTS_ACCURACY), rename(ENDPOINTS_CONFIG, "config.yml")),
            f"no accuracy run: {ENDPOINTS_ACCURACY} is missing",
            kind=SMALL,
        ),
    ),
    *table(
        "ACC-002",
        clean("other lines as well", append(REPORT, "Loaded the model.\n")),
        clean("open needs none", write(REPORT, HASH), OPEN),
        clean("that of an endpoints run doesn't count", write(REPORT, "accuracy=1%\n"), SMALL),
        dirty("the only metric is missing", write(REPORT, HASH), "the accuracy report has no acc", closed_only=True),
        dirty(
            "some are missing",
            report(LLAMA, ROUGE2=None, ROUGEL=None),
            "the accuracy report has no ROUGE2",
            "the accuracy report has no ROUGEL",
            kind=LLAMA,
            closed_only=True,
        ),
        dirty(
            "a line that begins differently is none",
            write(REPORT, f" accuracy=99%\n{HASH}"),
            "the accuracy report has no acc",
            closed_only=True,
        ),
        at=REPORT,
    ),
    *table(
        "ACC-003",
        clean("well above", report(RESNET, acc=80)),
        clean("open may be worse", report(OPEN, acc=10), OPEN),
        clean("no target, but a limit", report(OSS, TOKENS_PER_SAMPLE=1), OSS),
        dirty(
            "just below",
            report(RESNET, acc=75.695),
            f"accuracy too low: acc 75.695, must be at least {ACC}",
            closed_only=True,
        ),
        dirty(
            "several",
            report(LLAMA, ROUGE1=44.38, TOKENS_PER_SAMPLE=265),
            "accuracy too low: ROUGE1 44.38, must be at least 44.3867688",
            "accuracy too low: TOKENS_PER_SAMPLE 265, must be at least 265.005",
            kind=LLAMA,
            at=(f"{REPORT}:rouge1", f"{REPORT}:tokens_per_sample"),
            closed_only=True,
        ),
        dirty(
            "first below, then above",
            write(REPORT, f"accuracy=75%\naccuracy=77%\n{HASH}"),
            f"accuracy too low: acc 75, must be at least {ACC}",
            closed_only=True,
        ),
        dirty(
            "below behind another metric's line, before the hash",
            write(REPORT, report_of(LLAMA).replace(HASH, f"{{'rouge1': 1.0}}\n{HASH}")),
            "accuracy too low: ROUGE1 1.0, must be at least 44.3867688",
            kind=LLAMA,
            at=f"{REPORT}:'rouge1': 1.0",
            closed_only=True,
        ),
        dirty(
            "the folder's scenario has a target of its own",
            report(QWEN, F1_HIERARCHICAL=0.78),
            f"accuracy too low: F1_HIERARCHICAL 0.78, must be at least {F1}",
            kind=QWEN,
            at=f"{REPORT}:f1",
            closed_only=True,
        ),
        at=f"{REPORT}:accuracy=75",
    ),
    *table(
        "ACC-004",
        clean("at the limit", report(LLAMA, TOKENS_PER_SAMPLE=TOKENS.upper_limit), LLAMA),
        clean("no limit", report(RESNET, acc=99.9)),
        clean(
            "open may be above",
            report(LLAMA, TOKENS_PER_SAMPLE=9999),
            Kind(LLAMA.benchmark_name, division=Division.OPEN),
        ),
        dirty(
            "just above",
            report(LLAMA, TOKENS_PER_SAMPLE=323.9),
            f"above the upper limit: TOKENS_PER_SAMPLE 323.9, must be at most {TOKENS.upper_limit}",
            kind=LLAMA,
            at=f"{REPORT}:323.9",
            closed_only=True,
        ),
        dirty(
            "a metric that has nothing but a limit",
            report(OSS, TOKENS_PER_SAMPLE=20000),
            f"above the upper limit: TOKENS_PER_SAMPLE 20000, must be at most {9999 * 1.1}",
            kind=OSS,
            at=f"{REPORT}:20000",
            closed_only=True,
        ),
    ),
    *table(
        "ACC-005",
        clean("a hash of any kind of letters", write(REPORT, f"accuracy=77%\nhash={SHA256.upper()}\n")),
        clean("open needs none", write(REPORT, "accuracy=77%\n"), OPEN),
        dirty(
            "none",
            write(REPORT, "accuracy=77%\n"),
            "the accuracy report has no hash of the accuracy log",
            closed_only=True,
        ),
        dirty(
            "a hash line with a space at its end is none",
            write(REPORT, f"accuracy=77%\nhash={SHA256} \n"),
            "the accuracy report has no hash of the accuracy log",
            closed_only=True,
        ),
        at=REPORT,
        staged_only=True,
    ),
    *table(
        "ACC-006",
        clean("at the limit", write(ACCURACY_LOG, "x" * 10240)),
        clean("endpoints runs have none", write(ACCURACY_LOG, "x" * 10241), SMALL),
        dirty(
            "a byte too long",
            write(ACCURACY_LOG, "x" * 10241),
            "accuracy log has 10241 bytes, must be shortened to 10240 at most",
            at=ACCURACY_LOG,
        ),
        staged_only=True,
    ),
    *table(
        "ACC-007",
        clean("other entries", log_line(LOG, "generic_message", "fine")),
        dirty(
            "an error",
            log_line(LOG, "error_invalid_config", "Loadgen built with uncommitted changes!", is_error=True),
            "an error was logged in the accuracy run: Loadgen built with uncommitted changes!",
            at=f"{LOG}:uncommitted",
        ),
        dirty(
            "samples failed at the endpoint",
            edit(ENDPOINTS_ACCURACY, "n_samples_failed", to=3),
            "an error was logged in the accuracy run: 3 samples failed",
            kind=SMALL,
            at=ENDPOINTS_ACCURACY,
        ),
    ),
    *table(
        "ACC-008",
        clean(
            "an older log counts the library's samples",
            log(LOG, effective_accuracy_sample_count=None, qsl_reported_total_count=50000),
        ),
        clean(
            "several data sets of an endpoints run",
            scores({"score": 39, "total_samples": 12000}, {"response_counts": {"issued": 1368}}),
            SMALL,
        ),
        clean(
            "that of the performance run among them",
            scores(
                {"score": 39, "total_samples": 13368},
                {"dataset_type": "performance", "total_samples": 5},
            ),
            SMALL,
        ),
        dirty(
            "a sample is missing",
            log(LOG, effective_accuracy_sample_count=49999),
            "the accuracy run covers 49999 samples, the data set has 50000",
        ),
        dirty(
            "a sample too many",
            log(LOG, effective_accuracy_sample_count=50001),
            "the accuracy run covers 50001 samples, the data set has 50000",
        ),
        dirty(
            "an older log's library is too small",
            log(LOG, effective_accuracy_sample_count=None, qsl_reported_total_count=500),
            "the accuracy run covers 500 samples, the data set has 50000",
            at=f"{LOG}:qsl_reported_total_count",
        ),
        dirty(
            "the log counts nothing",
            log(LOG, effective_accuracy_sample_count=None, qsl_reported_total_count=None),
            "the accuracy run covers nothing samples, the data set has 50000",
            at=LOG,
        ),
        dirty(
            "the data set of the performance run instead",
            log(LOG, effective_accuracy_sample_count=6396),
            "the accuracy run covers 6396 samples, the data set has 4395",
            kind=OSS,
        ),
        dirty(
            "Interactive has a count of its own",
            score("total_samples", to=48289),
            "the accuracy run covers 48289 samples, the data set has 8000",
            kind=QWEN_INTERACTIVE,
            at=ENDPOINTS_ACCURACY,
        ),
        dirty(
            "its folder in lower case has none for the official checker",
            nothing,
            "the accuracy run covers 48289 samples, the data set has 48289 in a folder named"
            " Interactive or Offline or Server",
            kind=Kind("qwen3-vl-235b-a22b", spelled="offline"),
        ),
        at=f"{LOG}:effective_accuracy_sample_count",
    ),
    *table(
        "ACC-009",
        clean("all images", kind=SDXL),
        clean("they may be of another kind", rename("accuracy/images/1311.png", "accuracy/images/1311.x.jpeg"), SDXL),
        clean("this round wants none", kind=SDXL_V61),
        dirty(
            "two are missing",
            remove("accuracy/images/3644.png", "accuracy/images/52.png"),
            "accuracy/images/{3644,52} is missing from the accuracy run",
            kind=SDXL,
        ),
        dirty(
            "the videos lie elsewhere",
            rename("accuracy/videos", "videos"),
            "accuracy/videos/{130,106,84,59,12,123,43,22,238,32} is missing from the accuracy run",
            kind=WAN,
        ),
    ),
    *table(
        "ACC-010",
        clean("a score of zero", score("score", to=0), Kind("llama3.1-8b", is_endpoints=True, division=Division.OPEN)),
        clean(
            "the second data set has the score",
            scores({"total_samples": 13368, "score": None}, {"total_samples": 0, "score": 39}),
            SMALL,
        ),
        dirty("none", score("score", to=None), "no accuracy score in it", kind=SMALL),
        at=ENDPOINTS_ACCURACY,
    ),
    *table(
        "ACC-011",
        clean("a plain number", score("score", to=F1), QWEN_ENDPOINTS),
        clean("a text", score("score", to=str(F1)), QWEN_ENDPOINTS),
        clean("by its short name", score("score", to={"hierarchical": 0.8, "f1": 0.1}), QWEN_ENDPOINTS),
        clean("by a common name", score("score", to={"accuracy": 0.8}), QWEN_ENDPOINTS),
        clean("open may be worse", score("score", to=0.1), QWEN_OPEN),
        clean("a scenario's own target", score("score", to=0.7878 * 0.99), QWEN_INTERACTIVE),
        dirty(
            "just below",
            score("score", to=0.7823),
            f"accuracy too low: F1_HIERARCHICAL 0.7823, must be at least {F1}",
            kind=QWEN_ENDPOINTS,
            closed_only=True,
        ),
        dirty(
            "by its name in an object",
            score("score", to={"F1_HIERARCHICAL": 0.7, "score": 0.9}),
            f"accuracy too low: F1_HIERARCHICAL 0.7, must be at least {F1}",
            kind=QWEN_ENDPOINTS,
            closed_only=True,
        ),
        dirty(
            "below by one of the common names",
            score("score", to={"f1": "0.7", "score": 0.9}),
            f"accuracy too low: F1_HIERARCHICAL 0.7, must be at least {F1}",
            kind=QWEN_ENDPOINTS,
            closed_only=True,
        ),
        dirty(
            "no number",
            score("score", to={"rouge": 0.9}),
            f"accuracy too low: F1_HIERARCHICAL None, must be at least {F1}",
            kind=QWEN_ENDPOINTS,
            closed_only=True,
        ),
        dirty(
            "a word",
            score("score", to="good"),
            f"accuracy too low: F1_HIERARCHICAL None, must be at least {F1}",
            kind=QWEN_ENDPOINTS,
            closed_only=True,
        ),
        at=ENDPOINTS_ACCURACY,
    ),
    *table(
        "ACC-012",
        clean("all at their targets", kind=SMALL),
        clean(
            "open may be worse", score("score", to=1), Kind("llama3.1-8b", is_endpoints=True, division=Division.OPEN)
        ),
        clean("a score by other names", score("score", to={"bleu": 1, "rouge1": "high"}), SMALL),
        clean("a number is the first metric's", score("score", to=39), SMALL),
        dirty(
            "several are below, spelled in any case",
            score("score", to={"rouge1": 38, "rougeL": "24", "gen_len": 8_000_000}),
            TOO_LOW.format("ROUGE1 38.0", 38.7792 * 0.99),
            TOO_LOW.format("ROUGEL 24.0", 24.4957 * 0.99),
            kind=SMALL,
            closed_only=True,
        ),
        dirty(
            "a number is below the first metric's target",
            score("score", to=38),
            TOO_LOW.format("ROUGE1 38.0", 38.7792 * 0.99),
            kind=SMALL,
            closed_only=True,
        ),
        at=ENDPOINTS_ACCURACY,
    ),
    *table(
        "ACC-013",
        clean("a number with spaces behind", write(REPORT, f"accuracy=77.5 %\n{HASH}")),
        dirty(
            "two points",
            write(REPORT, f"accuracy=77.5.1%\n{HASH}"),
            "accuracy is not a number: acc 77.5.1",
            at=f"{REPORT}:77.5.1",
        ),
    ),
    *table(
        "ACC-014",
        clean("the same hash twice", append(REPORT, HASH)),
        dirty(
            "a word",
            write(REPORT, "accuracy=77%\nhash=none\n"),
            "the hash of the accuracy log is none, must be 64 hexadecimal digits",
            at=f"{REPORT}:hash=none",
        ),
        dirty(
            "a digit too few",
            write(REPORT, f"accuracy=77%\nhash={SHA256[1:]}\n"),
            f"the hash of the accuracy log is {SHA256[1:]}, must be 64 hexadecimal digits",
            at=f"{REPORT}:hash=",
        ),
        dirty(
            "two that differ",
            append(REPORT, f"hash={'0' * 64}\n"),
            "the hash of the accuracy log is given 2 times, must be one hash line",
            at=f"{REPORT}:hash=0000",
        ),
        staged_only=True,
    ),
    *table(
        "ACC-015",
        clean("a byte", write(ACCURACY_LOG, "[")),
        clean("endpoints runs have none", write(ACCURACY_LOG, ""), SMALL),
        dirty("empty", write(ACCURACY_LOG, ""), "the accuracy log is empty", at=ACCURACY_LOG),
    ),
    *table(
        "ACC-016",
        clean("a better line behind the hash", append(REPORT, "accuracy=78%\n")),
        clean("open may contradict itself", append(REPORT, "accuracy=1%\n"), OPEN),
        clean(
            "a metric without a target behind the hash",
            append(REPORT, "{'tokens_per_sample': 1}\n"),
            OSS,
        ),
        dirty(
            "a worse line behind the hash",
            append(REPORT, "accuracy=70%\n"),
            f"the report also says acc 70, must be at least {ACC}",
            at=f"{REPORT}:70%",
            closed_only=True,
        ),
        dirty(
            "what is no number behind the hash",
            append(REPORT, "accuracy=7.6.0%\n"),
            f"the report also says acc 7.6.0, must be at least {ACC}",
            at=f"{REPORT}:7.6.0%",
            closed_only=True,
        ),
    ),
    *table(
        "ACC-017",
        clean("an older log doesn't say", log(LOG, effective_test_mode=None)),
        clean("an endpoints run's modes are others", config("mode", to="both"), SMALL),
        dirty(
            "a performance run",
            log(LOG, effective_test_mode="PerformanceOnly"),
            "the accuracy log is of a run in mode PerformanceOnly, must be AccuracyOnly",
            at=f"{LOG}:effective_test_mode",
        ),
    ),
    *table(
        "ACC-018",
        clean("beside the images", kind=SDXL),
        clean("beside the log", rename("accuracy/images/captions.txt", "accuracy/captions.txt"), SDXL),
        clean("videos need none", remove("accuracy/videos/captions.txt"), WAN),
        dirty(
            "nowhere",
            remove("accuracy/images/captions.txt"),
            "accuracy/images/captions.txt is missing from the accuracy run",
            kind=SDXL,
        ),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: Row, fitted: Fitted) -> None:
    assert_holds(row, fitted(row.kind))


ACCURACIES: dict[str, tuple[Kind, Change, dict[str, str]]] = {
    "as the report writes it": (RESNET, write(REPORT, f"accuracy=77.0000%\n{HASH}"), {"acc": "77.0000"}),
    "of the last line up to the hash": (
        RESNET,
        write(REPORT, f"accuracy=75%\naccuracy=77%\n{HASH}accuracy=78%\n"),
        {"acc": "77"},
    ),
    "of all lines where a target is never reached": (
        RESNET,
        write(REPORT, f"accuracy=75%\n{HASH}accuracy=74%\n"),
        {"acc": "74"},
    ),
    "of all lines where there is no hash": (RESNET, write(REPORT, "accuracy=77%\naccuracy=78%\n"), {"acc": "78"}),
    "of a hash that comes first, up to the last target": (
        BERT,
        write(REPORT, f'{HASH}{{"exact_match": 1, "f1": 90}}\n{{"exact_match": 1, "f1": 91}}\n'),
        {"F1": "90"},
    ),
    "without what has no target": (OSS, report(OSS, exact_match=83.5), {"exact_match": "83.5"}),
    "of a run without a report": (RESNET, remove(REPORT), {}),
    "of an endpoints run, a number": (SMALL, score("score", to=44.25), {"accuracy_score": "44.25"}),
    "of an endpoints run, a text": (SMALL, score("score", to="44.250"), {"accuracy_score": "44.250"}),
    "of an endpoints run, by metric": (
        SMALL,
        score("score", to={"rouge1": 44.0, "note": "fine", "more": [1]}),
        {"rouge1": "44.0", "note": "fine", "more": "[1]"},
    ),
    "of an endpoints run without a score": (SMALL, score("score", to=None), {}),
}


@pytest.mark.parametrize(("kind", "change", "accuracy"), ACCURACIES.values(), ids=ACCURACIES.keys())
def test_the_accuracy(kind: Kind, change: Change, accuracy: dict[str, str], fitted: Fitted) -> None:
    folder = fitted(kind)
    change(folder)
    assert accuracy_values(evidence_at(kind, folder)) == accuracy
