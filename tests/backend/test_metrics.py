"""Figures for Prometheus, as its own parser reads them from the port."""

import builtins
import socket
import urllib.request
from pathlib import Path

import pytest
from any_to_3d.backend.metrics import Figures, PrometheusMetrics
from any_to_3d.shared import messages as m
from live_backend import Backend, Talker, wait_until

parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is an optional extra")


def figures_at(port: int) -> dict[tuple[str, ...], float]:
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    families = parser.text_string_to_metric_families(text)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_the_figures_are_served_on_this_computer() -> None:
    metrics = PrometheusMetrics(0)
    memory = (m.DeviceMemory("cuda:0", 1024, 2048),)
    metrics.show(lambda: Figures({"running": 1, "paused": 0}, 2, 3, True, memory))
    metrics.show(lambda: Figures({"running": 0, "paused": 1}, 2, 4, False, memory))
    found = figures_at(metrics.port)
    metrics.close()
    assert found == {
        ("any_to_3d_jobs", "running"): 0,
        ("any_to_3d_jobs", "paused"): 1,
        ("any_to_3d_clients",): 2,
        ("any_to_3d_worker_deaths",): 4,
        ("any_to_3d_storage_writable",): 0,
        ("any_to_3d_device_memory_free_mib", "cuda:0"): 1024,
    }


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"--metrics-port {port} cannot be listened at"):
            PrometheusMetrics(port)


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: object) -> object:
        if name == "prometheus_client":
            raise ImportError
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"install any-to-3d\[metrics\]"):
        PrometheusMetrics(0)


def test_a_server_counts_its_jobs(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Backend(tmp_path, "--metrics-port", str(port)) as backend, Talker(backend.address) as talker:
        talker.submit(seconds=0.0)
        talker.of(m.Finished)
        wait_until(lambda: figures_at(port)[("any_to_3d_jobs", "finished")] == 1, "the figure")
        found = figures_at(port)
    assert (found[("any_to_3d_jobs", "running")], found[("any_to_3d_clients",)]) == (0, 1)
    assert found[("any_to_3d_storage_writable",)] == 1
