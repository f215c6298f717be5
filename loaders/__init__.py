"""The writing half of thidua: sources become a candidate, the gate judges it, a release is written."""
