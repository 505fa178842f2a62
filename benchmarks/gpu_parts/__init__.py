"""What benchmarks/gpu.py measures, one subject a file."""
