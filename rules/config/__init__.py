"""The declaration: `submission.yaml` read, validated, and made into a frozen value."""
