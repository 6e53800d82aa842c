"""Runs each source of a JSON list on stdin by nbclient, in one kernel; prints their outputs.

The kernel's name is the argument; python3 without one.
"""

import json
import sys

import nbformat.v4
from nbclient import NotebookClient

notebook = nbformat.v4.new_notebook(
    cells=[nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
)
kernel_name = sys.argv[1] if len(sys.argv) > 1 else "python3"
NotebookClient(notebook, allow_errors=True, kernel_name=kernel_name).execute()
json.dump([cell.outputs for cell in notebook.cells], sys.stdout)
