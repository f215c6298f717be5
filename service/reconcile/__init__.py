"""`/reconcile`: the Reconciliation Service API 0.2, by which OpenRefine and others find things by their names.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from service.reconcile.doors import routes
from service.reconcile.manual import paths
from service.reconcile.roll import Roll

__all__ = ["Roll", "paths", "routes"]
