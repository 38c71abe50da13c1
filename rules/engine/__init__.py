"""doit plug-ins: content hashes, durable state, reporter. Knows doit and nothing of MLPerf."""
