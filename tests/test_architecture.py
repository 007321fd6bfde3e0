"""The tree is the architecture: imports flow one way, without cycles."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("avcur", "datamodules", "models")


def modules() -> dict[str, Path]:
    paths = (p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py")))
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


MODULES = modules()


def imports(path: Path, everywhere: bool = True) -> Iterator[str]:
    """The project's modules that a file imports; only those at import time unless `everywhere`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        else:
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
            continue
        yield from (name for name in names if name in MODULES)


def test_there_is_something_to_check() -> None:
    assert len(MODULES) > 50
    assert "avcur.records" in set(imports(ROOT / "avcur" / "pipeline.py"))


@pytest.mark.parametrize("name", [n for n in MODULES if n.split(".")[0] == "avcur"])
def test_avcur_never_names_models_or_datamodules(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {a.name.split(".")[0] for a in node.names} & {"models", "datamodules"}
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in {"models", "datamodules"}


@pytest.mark.parametrize("name", [n for n in MODULES if n.split(".")[0] != "avcur"])
def test_models_and_datamodules_do_not_import_each_other(name: str) -> None:
    other = "models" if name.startswith("datamodules") else "datamodules"
    assert not [i for i in imports(MODULES[name]) if i.split(".")[0] == other]


LAYERS = (
    ("avcur.errors", "avcur.store", "avcur.records", "avcur.tasks", "avcur.seeds", "avcur.engines", "avcur.weights"),
    ("avcur.media", "avcur.features"),
    ("avcur.sources", "avcur.defects", "avcur.visual", "avcur.segment", "avcur.crops", "avcur.sync", "avcur.asd"),
    ("avcur.signals", "avcur.labels"),
    ("avcur.stage", "avcur.signal_table", "avcur.corpus"),
    ("avcur.results",),
    ("avcur.pipeline",),
    ("avcur.splits", "avcur.filters"),
    ("avcur.variants",),
    ("avcur.exports",),
    ("avcur.preview", "avcur.explorer"),
    ("avcur.tracking",),
    ("avcur.metrics", "avcur.detection", "avcur.training", "avcur.impact"),
    ("avcur.configuration", "avcur.curate_command", "avcur.summary", "avcur.entry", "avcur.prediction"),
)
"""The way of the data: a module imports from its own layer or an earlier one."""


def layer(name: str) -> int | None:
    for number, prefixes in enumerate(LAYERS):
        if any(name == p or name.startswith(p + ".") for p in prefixes):
            return number
    return None


@pytest.mark.parametrize("name", [n for n in MODULES if layer(n) is not None])
def test_imports_follow_the_way_of_the_data(name: str) -> None:
    own = layer(name)
    later = [i for i in imports(MODULES[name]) if (layer(i) or 0) > (own or 0)]
    assert not later, f"{name} imports from further down the way: {later}"


def test_every_module_of_avcur_has_a_layer() -> None:
    assert [n for n in MODULES if n.startswith("avcur.") and layer(n) is None] == []


def test_no_import_cycles() -> None:
    graph = {name: set(imports(path, everywhere=False)) - {name} for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_nothing_is_named_utils() -> None:
    assert not [n for n in MODULES if {"utils", "helpers", "common", "misc"} & set(n.split("."))]


def test_the_process_that_hands_out_work_does_without_torch() -> None:
    """450 MB that only workers need."""
    code = (
        "import sys; import avcur.configuration, avcur.pipeline, avcur.preview.write; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
