import re
import shlex
from pathlib import Path

import pytest

from toolkit.cli.commands import toolkit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands():
    lines = [line.removeprefix("$ ") for block in blocks("") for line in block.splitlines()]

    return [line.split("   ")[0] for line in lines if line.startswith("toolkit ")]


@pytest.mark.filterwarnings("ignore::toolkit.errors.ToolkitWarning")
def test_the_python_of_the_readme_runs(monkeypatch):
    """
    The README's Python blocks run one after the other, in a checkout.
    """
    monkeypatch.chdir(ROOT)
    names = {}

    for block in blocks("python"):
        exec(block, names)

    assert len(names["model"].decide(["a kettle"])) == 1


@pytest.mark.parametrize("line", commands())
def test_the_commands_of_the_readme_exist(line):
    """
    Every command line in the README has a known command and known options.
    """
    arguments = shlex.split(line)[1:]
    context = toolkit.make_context("toolkit", arguments, resilient_parsing=True)
    name, command, rest = toolkit.resolve_command(context, arguments)

    command.make_context(name, rest, parent=context, resilient_parsing=False)


def test_the_make_targets_of_the_readme_exist():
    """
    The README's two commands are targets of the Makefile, and CI calls the second.
    """
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\S+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_public_name_is_in_the_readme_or_a_notebook_or_the_changelog():
    """
    Whoever looks for a public name finds it.
    """
    import toolkit as package

    where = README + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    where += "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("*.ipynb")
    )

    assert [name for name in package.__all__ if name not in where] == []
