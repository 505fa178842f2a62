"""Figures of a running server for Prometheus, on request; the library is an optional extra.

The server's loop sets them, the library's own thread serves them: it touches nothing of the server's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..shared.messages import DeviceMemory


@dataclass(frozen=True)
class Figures:
    """A server at one moment. jobs: how many are in each state, "paused" among them."""

    jobs: dict[str, int]
    clients: int
    worker_deaths: int
    is_storage_writable: bool
    memory: tuple[DeviceMemory, ...]


class Metrics(Protocol):
    """Somebody who wants the figures."""

    def show(self, look: Callable[[], Figures]) -> None:
        """Take in what ``look`` finds; called several times a second."""
        ...


class NoMetrics:
    """Nobody asked."""

    def show(self, look: Callable[[], Figures]) -> None:
        """Nothing to do."""


NO_METRICS = NoMetrics()


class PrometheusMetrics:
    """Serves them at http://127.0.0.1:port/metrics, on this computer only.

    Raises ValueError, saying what to do, without the library or for a port in use.
    """

    def __init__(self, port: int) -> None:
        try:
            from prometheus_client import CollectorRegistry, Gauge, start_http_server
        except ImportError as error:
            text = "--metrics-port needs the package prometheus-client: install any-to-3d[metrics], or leave it out"
            raise ValueError(text) from error
        registry = CollectorRegistry()
        self._jobs = Gauge("any_to_3d_jobs", "Jobs at hand, by state", ["state"], registry=registry)
        self._clients = Gauge("any_to_3d_clients", "Connected clients", registry=registry)
        self._deaths = Gauge("any_to_3d_worker_deaths", "Workers that ended since the start", registry=registry)
        self._writable = Gauge("any_to_3d_storage_writable", "1 while the disk takes records", registry=registry)
        self._free = Gauge("any_to_3d_device_memory_free_mib", "Free memory", ["device"], registry=registry)
        try:
            self._server, _ = start_http_server(port, "127.0.0.1", registry)
        except OSError as error:
            raise ValueError(
                f"--metrics-port {port} cannot be listened at ({error.strerror}); choose another"
            ) from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def show(self, look: Callable[[], Figures]) -> None:
        figures = look()
        for state, count in figures.jobs.items():
            self._jobs.labels(state).set(count)
        self._clients.set(figures.clients)
        self._deaths.set(figures.worker_deaths)
        self._writable.set(figures.is_storage_writable)
        for memory in figures.memory:
            self._free.labels(memory.device).set(memory.free)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
