"""The kept releases behind the same doors: each under its own address, and led to by a date (Memento, RFC 7089)."""
