"""The first answer of a fresh process with nothing compiled: prints its seconds, and those until the kernel is ready."""

import json
import time

from ebbtide.pharmacology.engine.compute import curves, make_ready
from tools.bench_pharmacology.workloads import people, w1

folk, programme = people(), w1()
begun = time.perf_counter()
curves(folk.network, programme, doses=folk.doses)
first_s = time.perf_counter() - begun
make_ready(wait=True)
ready_s = time.perf_counter() - begun
print(json.dumps({"first_s": first_s, "ready_s": ready_s}))
