"""
Run a server until it is interrupted, to try things out against.

    python -m tests.servers openai --latency 0.03
"""

import threading

import click

from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import at_most_per_second
from tests.servers.own_forms import FORMS


@click.command()
@click.argument("form", type=click.Choice(list(FORMS)))
@click.option("--latency", default=0.0, help="Seconds that an answer takes.")
@click.option("--dimensions", default=32, help="Length of the vectors.")
@click.option("--requests-per-second", type=int, help="More get 429.")
@click.option("--key", help="Whoever has another gets 401.")
def main(
    form: str, latency: float, dimensions: int, requests_per_second: int | None, key: str | None
) -> None:
    """Speak the FORM of a service on a free port."""
    rules = [] if requests_per_second is None else [at_most_per_second(requests_per_second)]
    server = EmbeddingServer(FORMS[form], *rules, key=key, latency=latency, n_dimensions=dimensions)
    with server:
        click.echo(server.url)
        threading.Event().wait()


if __name__ == "__main__":
    main()
