"""toolkit similarity: how close two texts are."""

import json

import click

from toolkit.cli.options import json_option, talk_options


@click.command("similarity", short_help="Print how close two texts are, by cosine.")
@click.argument("a")
@click.argument("b")
@click.option(
    "--provider",
    metavar="NAME",
    help="Embedding provider; local:all-MiniLM-L6-v2 in full precision if not given.",
)
@json_option
@talk_options
def similarity_command(a: str, b: str, provider: str | None, as_json: bool) -> None:
    """Print the cosine similarity of texts A and B: 1 is the same meaning, 0 none in common."""
    from toolkit.pipelines import SIMILARITY_PROVIDER, text_similarity

    name = provider or SIMILARITY_PROVIDER
    value = text_similarity(a, b, name)
    if as_json:
        click.echo(json.dumps({"similarity": value, "a": a, "b": b, "provider": name}))
    else:
        click.echo(f"{value:.4f}")
