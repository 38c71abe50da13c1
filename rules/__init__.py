"""Make for MLPerf Inference submissions: raw run folders in, a checked submission out."""

__version__ = "0.1.0"
