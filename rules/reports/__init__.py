"""Findings, metrics and the plan as text and tables. Pure: values in, strings out."""
