"""Seconds that one cell takes when nothing but a plain client reads its output.

Argument: the source. Starts a kernel of its own, runs the cell once, reads every message of it
until the kernel is idle, and prints JSON: the seconds, the messages and their bytes.
"""

import json
import sys
import time

import zmq
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(startup_timeout=120, kernel_name="python3")
# A consumer that is slow for a moment loses nothing.
client.iopub_channel.socket.setsockopt(zmq.RCVHWM, 0)
client.execute("0", reply=True)
began = time.perf_counter()
asked = client.execute(sys.argv[1])
messages = size = 0
while True:
    parts = client.iopub_channel.socket.recv_multipart()
    _, parts = client.session.feed_identities(parts)
    message = client.session.deserialize(parts)
    if message["parent_header"].get("msg_id") != asked:
        continue
    messages += 1
    size += len(parts[4])
    if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
        break
seconds = time.perf_counter() - began
client.stop_channels()
manager.shutdown_kernel(now=True)
print(json.dumps({"seconds": seconds, "messages": messages, "bytes": size}))
