"""The service: reads one published release and answers questions about it over HTTP."""
