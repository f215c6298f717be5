"""Withdrawal: somebody's data are taken out of every build to come and of every release that is kept.

`work` is the command; `ledger` says who was withdrawn, `erasure` takes them out of a dataset, `kept` out of a kept
release, `places` finds what the sources still say of them, and `requests` is the operator's log of who asked.
"""
