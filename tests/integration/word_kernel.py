"""A kernel of a language that is not Python: each line is a word with its arguments.

It leaves out what kernels may leave out: the time when a run began, metadata, traceback.
"""

import json

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class WordKernel(Kernel):
    implementation = "word"
    implementation_version = "1"
    banner = "word"
    language_info = {"name": "word", "mimetype": "text/x-word", "file_extension": ".word"}

    def init_metadata(self, parent):
        return {}

    def finish_metadata(self, parent, metadata, reply_content):
        return metadata

    async def do_execute(
        self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_
    ):
        payload = []
        for line in code.splitlines():
            word, _, rest = line.partition(" ")
            if word == "fail":
                error = {"ename": "Failed", "evalue": rest, "traceback": []}
                self.say("error", error)
                return {"status": "error", "execution_count": self.execution_count, **error}
            if word == "next":
                payload.append({"source": "set_next_input", "text": rest, "replace": False})
            elif word == "replace":
                payload.append({"source": "set_next_input", "text": rest, "replace": True})
            elif word == "page":
                payload.append({"source": "page", "data": {"text/plain": rest}, "start": 0})
            else:
                self.say(word, json.loads(rest))
        return {"status": "ok", "execution_count": self.execution_count, "payload": payload}

    def say(self, type, content):
        self.send_response(self.iopub_socket, type, content)


IPKernelApp.launch_instance(kernel_class=WordKernel)
