"""Seconds that nbclient and papermill take for so many short cells, without the kernel's start.

Arguments: how many cells, how many rounds; optionally the connection file of a running kernel: then
nbclient on that kernel alone. Prints JSON: name to list of seconds.
"""

import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager
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


def on_kernel(cells: int, connection_file: str) -> float:
    whole = notebook(cells)
    manager = KernelManager(connection_file=connection_file)
    manager.load_connection_file()
    # The kernel is another program's: it is alive as long as it answers.
    manager.is_alive = lambda: True
    client = NotebookClient(whole, km=manager)
    client.kc = manager.client()
    client.kc.start_channels()
    client.kc.wait_for_ready(timeout=60)
    client.execute_cell(nbformat.v4.new_code_cell("0"), 0)
    began = time.perf_counter()
    for index, cell in enumerate(whole.cells):
        client.execute_cell(cell, index)
    took = time.perf_counter() - began
    client.kc.stop_channels()
    return took


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
if len(sys.argv) > 3:
    figures = {"same kernel": [on_kernel(cells, sys.argv[3]) for _ in range(rounds)]}
else:
    figures = {
        "nbclient": [by_nbclient(cells) for _ in range(rounds)],
        "papermill": [by_papermill(cells) for _ in range(rounds)],
    }
print(json.dumps(figures))
