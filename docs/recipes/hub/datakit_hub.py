"""What a JupyterHub is told for a room with the kit.

In The Littlest JupyterHub this file lies in ``/opt/tljh/config/jupyterhub_config.d/``. Every option is one of
JupyterHub's own; `benchmarks/bench_hub.py` starts a hub with this very file.
"""

c = get_config()  # noqa: F821  (JupyterHub gives it to each of its files)

KIT = "/srv/datakit"  # the clone in kit/, what everybody reads in cache/

c.Spawner.environment = {
    "DATAKIT_LANG": "fr",
    "DATAKIT_ORIGINS": "sample",  # or the mirror on this machine: f"{KIT}/mirror,sample"
    "DATAKIT_CACHE": f"{KIT}/cache",  # filled once by the facilitator, read-only for everybody else
    "JUPYTER_CONFIG_PATH": f"{KIT}/kit/.jupyter",  # JupyterLab in the reader's language, without its news
    # One processor each: more threads would only cost memory (binder/start says the same).
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
}
c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"

# Forty people press the same button in the same minute: patience. `concurrent_spawn_limit` stays as it is: who comes
# after so many is refused (429), not queued; with 5 it was so in the bench.
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 120
