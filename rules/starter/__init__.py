"""The first submission.yaml: from what results folders hold, and from a command line of the MLCommons automation."""
