"""The declaration: `submission.yaml` read, validated, and made into a frozen value."""

from rules.config.loader import load_submission, read_description
from rules.config.model import Preprocess, ResultsRoot, Submission, SystemDeclaration
from rules.config.validation import unfit_folder_name

__all__ = [
    "Preprocess",
    "ResultsRoot",
    "Submission",
    "SystemDeclaration",
    "load_submission",
    "read_description",
    "unfit_folder_name",
]
