"""The cases of cpu.py: what we do and what public code does for the same task, timed in turns."""
