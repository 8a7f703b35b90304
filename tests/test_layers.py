import ast
import re
from pathlib import Path

import pytest

import toolkit

PACKAGE = Path(toolkit.__file__).parent

LAYERS = [
    {"errors"},
    {
        "kernels",
        "texts",
        "frames",
        "characters",
        "cluster_numbers",
        "plain_text",
        "progress",
        "sample",
    },
    {"embedding", "json_ready", "cluster_numbers"},
    {"text_embedder"},
    {"classification", "clustering", "anomaly", "search", "embedded_frames", "labelled_texts"},
    {"evaluation", "persistence", "audit"},
    {"pipelines", "clustered_frames"},
    {"distributed"},
    {"cli", "explorer"},
    {"__main__"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}


def imports_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", node.lineno
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield 0, name.name, node.lineno


def modules():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down_only(path):
    """
    A module imports from layers below its own, or from its own package, never the root.
    """
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for level, module, line in imports_of(path):
        where = f"{path.name}:{line} imports {module}"
        assert level == 0, f"{where} relatively"
        if module.split(".")[0] != "toolkit":
            continue
        assert module != "toolkit", f"{where}, the root"
        target = module.split(".")[1]
        assert target == own or HEIGHT[target] < HEIGHT[own], where


def test_every_module_has_its_layer():
    """
    A new top-level module must be given a layer.
    """
    names = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in modules()}

    assert names <= set(HEIGHT)


def test_public_names_are_there_and_sorted():
    """
    Every name in __all__ can be imported, and each is told to type checkers.
    """
    assert toolkit.__all__ == sorted(toolkit.__all__)
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    for name in toolkit.__all__:
        assert getattr(toolkit, name) is not None
        assert re.search(rf"import {name} as {name}$", source, flags=re.MULTILINE)
