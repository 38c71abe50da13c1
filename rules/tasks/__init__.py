"""The steps as doit tasks. The only code that builds doit dicts; `dodo.py` calls it."""
