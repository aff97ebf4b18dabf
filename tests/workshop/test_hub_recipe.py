"""The recipe for a JupyterHub: only options that exist, and what they are given is of the right kind."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest
import yaml

RECIPE, HUB = "docs/recipes/tljh.md", "docs/recipes/hub"

# TLJH's own configuration, names only: `default` in tljh/configurer.py, jupyterhub/the-littlest-jupyterhub 3eeb028f.
TLJH = {
    "auth": {"type", "FirstUseAuthenticator.create_users"},
    "limits": {"memory", "cpu"},
    "services": {f"cull.{name}" for name in ("enabled", "timeout", "every", "concurrency", "users", "max_age")},
}
# Of the chart's values: jupyterhub/values.yaml, jupyterhub/zero-to-jupyterhub-k8s c2d0f354. `...` takes anything.
CHART = {
    "hub": {"config": ...},
    "singleuser": {
        "image": {"name": str, "tag": str},
        "memory": {"limit": str, "guarantee": str},
        "cpu": {"limit": (int, float), "guarantee": (int, float)},
        "startTimeout": int,
        "defaultUrl": str,
        "extraEnv": ...,
        "storage": {"type": str},
    },
    "cull": {"enabled": bool, "timeout": int, "every": int},
    "prePuller": {"continuous": {"enabled": bool}},
}


@pytest.fixture(scope="module")
def values(root):
    return yaml.safe_load((root / HUB / "values.yaml").read_text(encoding="utf-8"))


def unknown(given, known, path=""):
    """What is given and not known, or of another kind."""
    if known is ...:
        return []
    if not isinstance(known, dict):
        return [] if isinstance(given, known) else [f"{path}: {given!r}"]
    wrong = [f"{path}.{name}" for name in given if name not in known]
    return wrong + [w for name in given if name in known for w in unknown(given[name], known[name], f"{path}.{name}")]


def test_the_chart_has_each_of_these_options(values):
    assert unknown(values, CHART) == []
    assert unknown({"singleuser": {"memory": {"limits": "2G"}}}, CHART) == [".singleuser.memory.limits"]
    assert unknown({"cull": {"timeout": "2h"}}, CHART) == [".cull.timeout: '2h'"]
    # Kubernetes takes environment variables as text only.
    assert all(isinstance(value, str) for value in values["singleuser"]["extraEnv"].values())


def test_what_a_participant_gets_at_least_is_less_than_the_most(values):
    memory = values["singleuser"]["memory"]
    bytes = {name: float(text[:-1]) * {"M": 1e6, "G": 1e9}[text[-1]] for name, text in memory.items()}
    assert bytes["guarantee"] < bytes["limit"]
    assert values["singleuser"]["cpu"]["guarantee"] < values["singleuser"]["cpu"]["limit"]


def test_tljh_has_each_of_these_settings(root):
    lines = re.findall(r"tljh-config set (\S+) (\S+)", (root / RECIPE).read_text(encoding="utf-8"))
    assert len(lines) == 5
    for name, _ in lines:
        top, _, rest = name.partition(".")
        assert rest in TLJH[top], name


def test_variables_are_the_kits_own_and_the_same_in_both(root, values):
    from datakit.cli.program import VARIABLES

    text = (root / HUB / "datakit_hub.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"(DATAKIT_\w+)"', text)) <= {*VARIABLES, "DATAKIT_LANG"}
    told = values["singleuser"]["extraEnv"]
    assert told and all(f'"{name}": "{value}"' in text for name, value in told.items())
    # What one processor and little memory ask for is said in binder/start, which the image of the chart has.
    start = (root / "binder/start").read_text(encoding="utf-8")
    for name, value in re.findall(r'"((?:OMP|OPENBLAS|ARROW|MALLOC)\w+)": "(\w+)"', text):
        assert f'{name}="${{{name}:-{value}}}"' in start


LOAD = """
import json, sys
from traitlets.config import PyFileConfigLoader
from jupyterhub.spawner import Spawner

config = PyFileConfigLoader(sys.argv[1]).load_config()
known = Spawner.class_traits(config=True)
for name, value in config.pop("Spawner").items():
    known[name]._validate(Spawner(), value)
print(json.dumps(sorted(config)))
"""


def test_jupyterhub_itself_takes_the_file(root):
    """With a Python that has JupyterHub: this one, or HUB_PYTHON."""
    python = os.environ.get("HUB_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import jupyterhub"], capture_output=True).returncode:
        pytest.skip("JupyterHub is not installed: set HUB_PYTHON to a Python that has it")
    done = subprocess.run([python, "-c", LOAD, root / HUB / "datakit_hub.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_file_sets_options_of_servers_only(root):
    tree = ast.parse((root / HUB / "datakit_hub.py").read_text(encoding="utf-8"))
    targets = [ast.unparse(t) for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    options = [t for t in targets if t.startswith("c.")]
    assert options and all(re.fullmatch(r"c\.Spawner\.\w+", one) for one in options)


def test_the_bench_says_what_it_needs_and_installs_nothing(root):
    clean = {k: v for k, v in os.environ.items() if k != "HUB_PYTHON"} | {"PATH": os.path.dirname(sys.executable)}
    done = subprocess.run([sys.executable, root / "benchmarks/bench_hub.py"], capture_output=True, text=True, env=clean)
    assert done.returncode == 0 and "--hub and --proxy" in done.stdout
