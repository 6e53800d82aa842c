"""Feeds message sequences of a JSON list on stdin to nbclient; prints the outputs of their cells.

A sequence is {"cells": number, "said": [{"cell", "type", "content"}]}. No kernel runs: nbclient
takes the messages as if one had sent them.
"""

import json
import sys

import nbformat.v4
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete


def shown(sequence):
    cells = [nbformat.v4.new_code_cell() for _ in range(sequence["cells"])]
    client = NotebookClient(nbformat.v4.new_notebook(cells=cells), record_timing=False)
    client.reset_execution_trackers()
    for index, cell in enumerate(cells):
        client.clear_before_next_output = False
        for each in sequence["said"]:
            if each["cell"] != index:
                continue
            message = {
                "msg_type": each["type"],
                "header": {"msg_id": "m", "msg_type": each["type"]},
                "parent_header": {"msg_id": f"run-{index}"},
                "metadata": {},
                "content": each["content"],
            }
            try:
                client.process_message(message, cell, index)
            except CellExecutionComplete:
                pass
    return [cell.outputs for cell in cells]


json.dump([shown(sequence) for sequence in json.load(sys.stdin)], sys.stdout)
