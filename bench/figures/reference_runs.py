"""Seconds that nbclient and papermill take for so many short cells, without the kernel's start.

Arguments: how many cells, how many rounds. Prints JSON: name to list of seconds.
"""

import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

logging.disable(logging.WARNING)


def notebook(cells: int) -> nbformat.NotebookNode:
    sources = [f"print({number})" for number in range(cells)]
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "p"}},
    )


def by_nbclient(cells: int) -> float:
    whole = notebook(cells)
    client = NotebookClient(whole)
    with client.setup_kernel():
        # The first request waits until the kernel is up.
        client.execute_cell(nbformat.v4.new_code_cell("0"), 0)
        began = time.perf_counter()
        for index, cell in enumerate(whole.cells):
            client.execute_cell(cell, index)
        return time.perf_counter() - began


def by_papermill(cells: int) -> float:
    import papermill

    def whole(count: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            given = Path(folder) / "given.ipynb"
            nbformat.write(notebook(count), given)
            began = time.perf_counter()
            papermill.execute_notebook(given, Path(folder) / "made.ipynb", progress_bar=False)
            return time.perf_counter() - began

    return whole(cells + 1) - whole(1)


cells, rounds = int(sys.argv[1]), int(sys.argv[2])
print(
    json.dumps(
        {
            "nbclient": [by_nbclient(cells) for _ in range(rounds)],
            "papermill": [by_papermill(cells) for _ in range(rounds)],
        }
    )
)
