"""A release in a SPARQL engine elsewhere: how it is asked, how it is told, what it says that it holds.

What the standards leave open, and what engines make of them, is in `dialect` and nowhere else.
"""
