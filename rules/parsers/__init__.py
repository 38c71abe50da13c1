"""Bytes in, values out. A parser never raises for what a file holds: it returns the problems."""
