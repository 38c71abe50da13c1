"""The catalogue of rules and the pure functions behind it: evidence and round in, findings out."""
