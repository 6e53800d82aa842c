"""Runs each source of a JSON list on stdin by nbclient, in one kernel; prints their outputs."""

import json
import sys

import nbformat.v4
from nbclient import NotebookClient

notebook = nbformat.v4.new_notebook(
    cells=[nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
)
NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
json.dump([cell.outputs for cell in notebook.cells], sys.stdout)
