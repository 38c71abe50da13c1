"""A machine -> its system description. Each source has a module that reads its output; `machine` alone runs and reads.

Nothing is guessed: a field that no source told stays out, and is listed as still to fill in.
"""
