"""The server extension: makes the parts, joins them, and starts and ends with the server."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp

from .activity import Activity
from .authors import person_of
from .durable_streams import DurableStreamsHandler
from .environment import Environments
from .gateway_kernels import GatewayKernels, gateway_kernels, take_up
from .grants import Grants
from .handlers import ResourcesHandler, StartHandler, StatusHandler, StopHandler
from .hang_up import hang_up
from .held_ports import hold_ports
from .hooks import test_hooks
from .host_command import HostCommand, prepare_host
from .host_line import HostLine
from .host_status import HostStatus
from .interrupt import heed_interrupt
from .kernel_tap_socket import KernelTapHandler
from .kernel_taps import KernelTaps
from .kernel_turns import take_turns
from .log_level import spare_records
from .notebook_paths import NotebookPaths
from .notices import Notices
from .one_session import keep_to_one_session
from .other_executors import page_config, step_back
from .outbox import Outbox
from .problems import SetUpProblem
from .proxy import ProxyHandler
from .questions import Questions
from .refusals import Refusals
from .resources import resources_of
from .rights import names_last, rights_of
from .room_care import RoomCare
from .room_tap import TappedRooms
from .settings import Settings
from .socket_proxy import StreamSocketHandler
from .stdin_care import care_for_questions
from .supervisor import Supervisor
from .surroundings import notebooks_dir, own_url, relocate, room_server
from .version import __version__
from .watched_kernels import watch_lightly


class ColophonExtension(Settings, ExtensionApp):
    """Configured as `c.ColophonExtension.<setting>`."""

    name = "jupyterlab_colophon"
    app_name = "Colophon"
    description = "Computation and authorship that live in the notebook"
    load_other_extensions = True

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
        self.notices = Notices(self.log)
        self.paths = NotebookPaths(self.serverapp)
        self.step_back = step_back(self.serverapp) if self.enabled else None
        page = self.serverapp.web_app.settings.setdefault("page_config_data", {})
        page["colophon"] = page_config(self.step_back)
        self.room_care = RoomCare(self.log)
        self.grants = Grants()
        self.line = HostLine(self.tap, self.grants, self.paths, self.notices, self.log)
        self.kernel_taps = KernelTaps(
            self.serverapp.kernel_manager,
            self.serverapp.event_logger,
            self.max_kernel_bytes,
            self.log,
        )
        self.activity = Activity(
            self.serverapp.web_app.settings,
            self.serverapp.kernel_manager,
            self.limits,
            self.limit_grace_seconds,
            self.log,
            self.notices.tell,
        )
        self.environments = Environments()
        # These settings become the server's when this is done.
        self.questions = care_for_questions(self.settings) if self.enabled else Questions()
        self.gateway: GatewayKernels | None = None
        if self.enabled:
            self.handlers.extend(keep_to_one_session(self.serverapp.session_manager))
            watch_lightly(self.serverapp.kernel_manager)
            take_turns(self.serverapp.kernel_manager)
            hold_ports(self.serverapp.kernel_manager)
            folder = Path(self.spool_dir) / "kernels"
            self.gateway = gateway_kernels(
                self.serverapp, self.kernel_taps, folder, self.max_kernel_bytes, self.log
            )
            if self.gateway is not None:
                self.gateway.share_connections(self.settings)
        self.refusals = Refusals(self.line.post, self.log)
        self.host_status = HostStatus()
        self.supervisor = Supervisor(
            status=self.host_status,
            prepare=self._prepare_host,
            hello=self._hello,
            client=self.line,
            patience=self.patience,
            log=self.log,
        )
        if self.enabled:
            # The server answers before every extension has started.
            self.host_status.state = "starting"

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
        spare_records(serverapp.log)
        found = room_server(serverapp)
        if isinstance(found, SetUpProblem):
            self.host_status.tell("unavailable", found)
            self.log.warning("Colophon does not run: %s %s", found.summary, found.remedy)
            return
        heed_interrupt(serverapp)
        outbox = Outbox(Path(self.spool_dir), self.tap, self.max_spool_bytes, self.log)
        self.line.outbox = outbox
        self.grants.install(serverapp.identity_provider, serverapp.authorizer, serverapp.base_url)
        taking_up = asyncio.ensure_future(take_up(self.gateway))
        # The rooms first: those that open during the self-test must not be missed.
        server = found.ywebsocket_server
        care = self.room_care
        rooms = TappedRooms(server.rooms, self.line.post, self.paths.of, care.enter, care.leave)
        self.line.rooms = server.rooms = rooms
        outbox.on_gap = rooms.snapshot_all
        self.hook_problems = await test_hooks(self.log)
        for problem in self.hook_problems:
            self.log.error("Colophon cannot verify who writes: %s", problem)
        # Before the host goes on with runs of theirs.
        await taking_up
        self.supervisor.start()

    async def stop_extension(self) -> None:
        """The server ends: every room closes, and the host has taken it all or the spool has."""
        # No await before this: the room server stops its rooms at the same time.
        rooms: list[Any] = []
        if self.line.rooms is not None:
            rooms = list(self.line.rooms.values())
            self.line.rooms.close()
        self.activity.close()
        self.questions.close()
        self.kernel_taps.close()
        await hang_up(rooms)
        await self.supervisor.stop()
        await self.room_care.finish()
        if self.line.outbox is not None:
            await asyncio.to_thread(self.line.outbox.close)

    def resources(self, kernel_id: str) -> dict[str, Any]:
        """The answer of GET colophon/resources."""
        assert self.serverapp is not None
        running = self.host_status.host
        host = None if running is None else running.link.pid
        tap = self.kernel_taps.known(kernel_id)
        return resources_of(
            self.serverapp.kernel_manager, kernel_id, tap, host, self.activity.limits
        )

    def start_host(self) -> None:
        """Start the host, or try again now."""
        if self.line.outbox is not None:
            self.line.outbox.recording = True
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
        problem = self.host_status.problem
        return {
            "version": __version__,
            "state": self.host_status.state,
            "problem": None if problem is None else problem.as_json(),
            "stepBack": self.step_back,
            "hooks": {"ok": not self.hook_problems, "problems": self.hook_problems},
            "notices": self.notices.as_json(),
            "host": self.host_status.as_json(),
            "me": person_of(user),
        }

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "protocol": 1,
            "tap": self.tap,
            "secret": self.secret,
            "baseUrl": own_url(self.serverapp),
            "dataDir": self.data_dir,
            "notebooksDir": notebooks_dir(self.serverapp),
            "hooksTrusted": not self.hook_problems,
            "settings": self.host_settings,
        }

    def _prepare_host(self) -> HostCommand | SetUpProblem:
        """Called on a thread before each start of the host."""
        assert self.serverapp is not None
        command = prepare_host(
            Path(self.data_dir), self.host_command, self.node_path, self.serverapp.certfile
        )
        if isinstance(command, SetUpProblem) and self.line.outbox is not None:
            # Nothing will read a spool on a machine where the host cannot run.
            self.line.outbox.recording = False
        return command
