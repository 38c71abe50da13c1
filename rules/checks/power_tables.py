"""The figures of the power rules: versions, meters, tolerances, wordings, checksums.

Source: power_checker.py and sources_checksums.json of mlcommons/inference. They hold for all rounds.
"""

from __future__ import annotations

import re

#: Versions of SPEC PTDaemon.
PTD_VERSIONS = ("1.11.1",)
#: Power meters by the daemon's name, each with the number of its device type.
METERS = {
    "YokogawaWT210": 8,
    "YokogawaWT500": 35,
    "YokogawaWT500_multichannel": 48,
    "YokogawaWT310": 49,
    "YokogawaWT310E": 49,
    "YokogawaWT330": 52,
    "YokogawaWT330E": 52,
    "YokogawaWT330_multichannel": 77,
    "YokogawaWT210_DC": 508,
    "YokogawaWT310_DC": 549,
    "YokogawaWT330_DC": 586,
}
#: The device type that must measure on two channels.
TWO_CHANNEL_DEVICE = 77
CHANNELS = 2

#: What commands to the daemon begin with -> the reply that each must get.
PTD_REPLIES = {
    "SR,A": "Range A changed",
    "SR,V": "Range V changed",
    "Go,1000,": "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples",
    "Stop": "Stopping untimed measurement",
}
STOP = "Stop"
#: Ranging and testing are stopped once each; a further Stop finds nothing.
MEASUREMENTS = 2
NOTHING_TO_STOP = "Error: no measurement to stop"
#: The message that tells the ranges before the session, from 0.
RANGES_MESSAGE = 2
#: (what a range is of, the command that sets it, where its value stands in the ranges message, and which
#: of the commands, from 1, may put it back: for amperes there may be one more before).
RANGES = (
    ("amperes", "SR,A", 1, (3, 4)),
    ("volts", "SR,V", 3, (3,)),
)

#: Begin of the mode, meter on, meter off (and end of the mode).
LEAST_CHECKPOINTS = 3
#: How far the clocks of client and server may be apart.
CLOCK_TOLERANCE_S = 0.8
#: A log may be an hour ahead of the session's clock, in daylight saving time.
DAYLIGHT_SAVING_S = 3600
#: By how much the test may be shorter than the ranging test, as a share of it.
SHORTER_AT_MOST = 0.5
#: By how many per cent the test may draw less than the ranging test; averages are rounded to
#: WATTS_DIGITS before they are compared, the difference to PERCENT_DIGITS.
LESS_PERCENT = -5
WATTS_DIGITS = 5
PERCENT_DIGITS = 2
#: The average that the official checker takes where there are no samples.
NO_WATTS = -1.0

#: An error that the daemon may log at any time.
ACCEPTED_ERRORS = ("USB.",)
#: Beginnings of errors that are in the nature of ranging.
RANGING_ERRORS = (
    "Can't evaluate uncertainty of this sample!",
    "Bad watts reading nan from ",
    "Bad amps reading nan from ",
    "Bad pf reading nan from ",
    "Bad volts reading nan from ",
    "Current appears to be too high for set range",
)
#: A warning that is an error during the test.
UNCERTAINTY_TOO_HIGH = re.compile(
    # The official pattern's `\d+.\d+`, said so that a line of digits alone takes no quadratic time.
    r"Uncertainty (?:\d{3,}|\d+[^\d\n]\d+)%, which is above 1.00% limit for the last sample!"
)
#: At either end of the test warnings don't count. Meant as 800 ms, but compared with times in seconds.
WARNINGS_MARGIN_S = 800

#: sha1 of the files of each accepted release of the client and server, by path.
SOURCES = (
    {
        "__init__.py": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "client.py": "33ca4f26368777ac06e01f9567b714a4b8063886",
        "lib/__init__.py": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "lib/client.py": "ac2aa093c8e8bbc9569b9e2a3471bc64e58a2258",
        "lib/common.py": "611d8b29633d331eb19c9455ea3b5fa3284ed6df",
        "lib/external/__init__.py": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "lib/external/ntplib.py": "4da8f970656505a40483206ef2b5d3dd5e81711d",
        "lib/server.py": "9bc9a3b6b9b716520658ac175913bcbbdb354336",
        "lib/source_hashes.py": "60a2e02193209e8d392803326208d5466342da18",
        "lib/summary.py": "602a9fedfa503e5544d27ab3b0067f235047efc3",
        "lib/time_sync.py": "80894ef2389e540781ff78de94db16aa4203a14e",
        "server.py": "c3f90f2f7eeb4db30727556d0c815ebc89b3d28b",
        "tests/unit/__init__.py": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "tests/unit/test_server.py": "948c1995d4008bc2aa6c4046a34ffa3858d6d671",
        "tests/unit/test_source_hashes.py": "00468a2907583c593e6574a1f6b404e4651c221a",
    },
)
