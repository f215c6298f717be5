"""What a reasoner says of an ontology: is it OWL 2 DL, is it consistent, which classes can have no member?

HermiT and the OWL API come in one jar inside the PyPI package Owlready2, whose Python code is not used. The JVM runs in
a process of its own, started as `python reasoner.py FILE`: a process that holds a JVM cannot fork the query workers
that other tests need.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rdflib import Graph


@dataclass(frozen=True)
class Verdict:
    """`violations` of the profile OWL 2 DL in words; `unsatisfiable` classes by IRI.

    An ontology outside the profile is not reasoned over: `consistent` is None.
    """

    violations: tuple[str, ...]
    consistent: bool | None
    unsatisfiable: frozenset[str]


def missing() -> str | None:
    """What a reasoner needs and is not there, in one line; None when all is there."""
    if shutil.which("java") is None:
        return "no java here: the ontology is not reasoned over (install default-jre-headless)"
    absent = [name for name in ("owlready2", "jpype") if find_spec(name) is None]
    return f"not installed: {', '.join(absent)}; the ontology is not reasoned over" if absent else None


def judge(ontology: Graph) -> Verdict:
    """The verdict of HermiT and of the OWL API's profile checker; CalledProcessError when they cannot read it."""
    with tempfile.TemporaryDirectory() as directory:
        # The Turtle reader of this OWL API is of 2013; its RDF/XML reader is sound.
        path = Path(directory) / "ontology.rdf"
        ontology.serialize(path, format="xml", encoding="utf-8")
        run = subprocess.run([sys.executable, __file__, str(path)], capture_output=True, text=True, check=True)
    said = json.loads(run.stdout)
    return Verdict(tuple(said["violations"]), said["consistent"], frozenset(said["unsatisfiable"]))


def _jar() -> str:
    package = find_spec("owlready2")
    assert package is not None
    assert package.origin is not None
    return str(Path(package.origin).parent / "hermit" / "HermiT.jar")


def _ask(path: str) -> dict[str, object]:
    import jpype

    jpype.startJVM("-Dorg.slf4j.simpleLogger.defaultLogLevel=off", classpath=[_jar()])
    manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    ontology = manager.loadOntologyFromOntologyDocument(jpype.JClass("java.io.File")(path))
    profile = jpype.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")().checkOntology(ontology)
    violations = sorted(str(violation) for violation in profile.getViolations())
    if violations:
        return {"violations": violations, "consistent": None, "unsatisfiable": []}
    reasoner = jpype.JClass("org.semanticweb.HermiT.Reasoner")(ontology)
    consistent = bool(reasoner.isConsistent())
    bottom = reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom() if consistent else ()
    unsatisfiable = sorted(str(each.getIRI()) for each in bottom)
    return {"violations": violations, "consistent": consistent, "unsatisfiable": unsatisfiable}


if __name__ == "__main__":
    print(json.dumps(_ask(sys.argv[1])))
