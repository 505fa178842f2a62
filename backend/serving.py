"""Put socket, store, pool and server together for ``any-to-3d serve``, and take them apart again."""

import logging
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import zmq

from ..shared import PROTOCOL_VERSION
from ..shared.fingerprint import fingerprint
from ..shared.key_files import exposure, list_exposure
from ..shared.messages import Welcome
from .access.client_list import ClientList, list_file
from .access.gate import KeyGate
from .access.limits import Limits
from .access.open_files import allow_many_connections
from .access.terms import Terms
from .addresses import Address, is_loopback, parse_address
from .announced_licences import announced_licences
from .catalogue import ProfileName, offered_profile, require_models_folder
from .keys import ServerKeys, read_server_keys, require_keys
from .listening import bind
from .metrics import NO_METRICS, Metrics, PrometheusMetrics
from .pool import LocalPool, WorkerOptions
from .retention import Rule
from .serve_options import ServeOptions
from .server import Server
from .store import JobStore, open_default
from .submit_check import SubmitCheck
from .version import backend_version
from .vocabulary import read_vocabulary

log = logging.getLogger(__name__)


def serve(options: ServeOptions, announce: Callable[[Address], None]) -> None:
    """ServeOptions until a signal, a permitted Shutdown or the parent's end. ``announce`` is told the bound address.

    Raises ValueError, saying what to do, if the address, the keys or the data folder cannot be used.
    """
    address = parse_address(options.address)
    if options.port is not None:
        address = parse_address(f"{address.host}:{options.port}")
    if options.keys is None and not is_loopback(address.host):
        raise ValueError(
            f"{address} can be reached from other computers, so it needs --keys (see 'any-to-3d keys'); "
            "or keep 127.0.0.1 and reach it through an SSH tunnel"
        )
    require_models_folder(options.profile, options.models_folder)
    allow_many_connections()
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    authenticator = None
    limits = replace(Limits(), waiting_jobs=options.max_waiting)
    terms = Terms(limits=limits, has_shared_jobs=options.shared_jobs)
    try:
        if options.keys is not None:
            keys, clients = _read_keys(options.keys)
            authenticator = require_keys(context, router, keys, clients)
            terms = replace(terms, gate=KeyGate(clients))
        bound = bind(router, address)
        rule = Rule(options.keep_days, options.keep_gb)
        with _store(options.data) as store, _metrics(options.metrics_port) as metrics, _pool(context, options) as pool:
            server = Server(
                router,
                pool,
                store,
                build_check(options.profile, options.models_folder),
                _welcome(options.profile, options.models_folder),
                options.allow_shutdown,
                _orphan_test(options.parent_pid),
                terms,
                rule,
                metrics,
            )
            with _ended_by_signals(server), _announced(options.port_file, bound):
                announce(bound)
                server.run()
    finally:
        router.close()
        if authenticator is not None:
            authenticator.stop()
        # Unlike term(), this does not wait for a socket that an error kept from being closed.
        context.destroy(0)


def _read_keys(path: Path) -> tuple[ServerKeys, ClientList]:
    for complaint in filter(None, (exposure(path), list_exposure(list_file(path)))):
        log.warning("%s", complaint)
    keys, clients = read_server_keys(path), ClientList(path)
    log.info("key=%s fingerprint=%s clients=%d", path, fingerprint(keys.public), len(clients.names()))
    if not clients.names():
        log.warning("no client is let in yet: 'any-to-3d keys authorize' lists one, also while this server runs")
    return keys, clients


def build_check(profile: ProfileName, models_folder: Path | None = None) -> SubmitCheck:
    """The check of a profile's requests; only the built-in text encoder has a closed vocabulary."""
    return SubmitCheck(offered_profile(profile, models_folder), read_vocabulary() if profile == "builtin" else None)


def _welcome(profile: ProfileName, models_folder: Path | None) -> Welcome:
    backend_id = uuid.uuid4().hex
    offered = offered_profile(profile, models_folder)
    return Welcome(
        PROTOCOL_VERSION,
        backend_id,
        backend_version(),
        profile,
        "starting",
        "starting",
        offered.recipes,
        licences=announced_licences(profile, models_folder),
        can_free_memory=True,
        can_move=True,
        can_keep=True,
        operations=offered.operations,
    )


@contextmanager
def _store(folder: Path | None) -> Iterator[JobStore]:
    store = open_default() if folder is None else JobStore(folder)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _metrics(port: int | None) -> Iterator[Metrics]:
    if port is None:
        yield NO_METRICS
        return
    metrics = PrometheusMetrics(port)
    try:
        yield metrics
    finally:
        metrics.close()


@contextmanager
def _pool(context: zmq.Context, options: ServeOptions) -> Iterator[LocalPool]:
    models_folder = "" if options.models_folder is None else str(options.models_folder.absolute())
    asked = WorkerOptions(options.profile, models_folder, options.threads, options.compile)
    pool = LocalPool(context, options.device, asked)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def _announced(port_file: Path | None, bound: Address) -> Iterator[None]:
    if port_file is None:
        yield
        return
    unfinished = port_file.with_name(port_file.name + ".part")
    unfinished.write_text(f"{bound.port}\n", "ascii")
    unfinished.replace(port_file)
    try:
        yield
    finally:
        port_file.unlink(missing_ok=True)


@contextmanager
def _ended_by_signals(server: Server) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: server.stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _orphan_test(pid: int | None) -> Callable[[], bool]:
    if pid is None:
        return lambda: False
    try:
        parent = psutil.Process(pid)
    except psutil.NoSuchProcess as error:
        raise ValueError(f"--parent-pid {pid}: there is no such process") from error

    def is_orphaned() -> bool:
        try:
            return not parent.is_running() or (os.name == "posix" and parent.status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return True  # it went between the two questions

    return is_orphaned
