"""The page of a thing: what is known of it, who says so, and how to reuse it. One module a kind of thing.

A page is made in four steps, all in `page`: two queries bring statements and names (`statements`), a `Sketch` indexes
them in the reader's language, the module of the kind draws what its template shows, and the template, which extends
`entity.html`, adds what every page has: release, data, SPARQL, citation, JSON-LD.

To add a kind: write `service/pages/{kind}.py` with `KIND = Kind(…)`, name it in `kinds.KINDS` under the first part of
its IRIs' path (`unit` for `id/unit/…`), and give it a template that fills the block `body`. `cluster` is an example.
A kind that needs more than statements about the thing asks for it in `Kind.more`. Whatever has no module of its own
is drawn by `portrait`.
"""
