#!/usr/bin/env bash
# Everything that is worth running once on a machine with an NVIDIA GPU. Each part ends by itself and goes on where it
# stopped if it is called again, so that it fits into short loans of a machine.
#
#   benchmarks/gpu.sh tests|train|presets|measure OUT [MINUTES]
#
#   tests     the tests marked cuda
#   train     the built-in networks, within MINUTES (default 21): OUT/models is ready to be shipped, OUT/look to be looked at
#   presets   time, memory and first live mesh of the three presets with the built-in networks, there and on its CPU
#   measure   the full-size generator with random weights, within MINUTES (default 9.5): networks, steps by term, the
#             same steps as public code takes them, a whole draft, memory, kernels; OUT/gpu.json and OUT/gpu.md
#
# PYTHON names the interpreter (default: python). Raw results belong in benchmarks/results/<device>/, with the commit.
set -euo pipefail

usage() { sed -n '5,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage

part=$1 out=$2
python=${PYTHON:-python}
mkdir -p "$out"
{ nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader; git rev-parse HEAD 2>/dev/null || true; } > "$out/machine.txt"

case $part in
tests)
    "$python" -m pytest -q -m cuda --junit-xml "$out/cuda-tests.xml"
    ;;
train)
    "$python" -m any_to_3d.backend.props.train all --device cuda --objects 8000 --minutes "${3:-21}" --out "$out"
    ;;
presets)
    for device in cuda cpu; do
        "$python" -m any_to_3d.backend evaluate --suite builtin --studies presets --device "$device" --out "$out/$device"
    done
    ;;
measure)
    "$python" "$(dirname "$0")/gpu.py" --device cuda --minutes "${3:-9.5}" --out "$out"
    ;;
*) usage ;;
esac
