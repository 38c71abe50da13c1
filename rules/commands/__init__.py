"""Commands beside the build, as doit commands. They read and print; nothing here changes a workspace."""
