"""One JSON object from a model folder, read key by key; every complaint names file, key, value and what is allowed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True)
class JsonFields:
    """``where`` is how messages call the object: the file's path, and for an inner object the key that holds it."""

    where: str
    values: Mapping[str, Json]

    @staticmethod
    def read(path: Path) -> "JsonFields":
        """Raises ValueError where the file is no JSON object; FileNotFoundError where there is no file."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not JSON: {error}") from error
        if not isinstance(values, dict):
            raise ValueError(f"{path}: expected a JSON object, got {type(values).__name__}")
        return JsonFields(str(path), values)

    def allow_only(self, *keys: str) -> None:
        """A misspelt key must not pass for an absent one."""
        unknown = sorted(set(self.values) - set(keys))
        if unknown:
            raise ValueError(f"{self.where}: unknown key {unknown[0]!r}; allowed are {', '.join(keys)}")

    def has(self, key: str) -> bool:
        return key in self.values

    def number(self, key: str) -> float:
        value = self._get(key, "a positive number")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise self.wrong(key, "a positive number")
        return float(value)

    def count(self, key: str) -> int:
        value = self._get(key, "a positive whole number")
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "a positive whole number")
        return value

    def flag(self, key: str) -> bool:
        value = self._get(key, "true or false")
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def text(self, key: str) -> str:
        value = self._get(key, "a text")
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, "a list of texts")
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts")
        return tuple(item for item in value if isinstance(item, str))

    def inner(self, key: str) -> "JsonFields":
        value = self._get(key, "an object")
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return JsonFields(f"{self.where}: {key}", value)

    def wrong(self, key: str, allowed: str) -> ValueError:
        """The error for a key whose value is not ``allowed``; returned, for the caller to raise."""
        return ValueError(f"{self.where}: {key} must be {allowed}, got {json.dumps(self.values.get(key))}")

    def _get(self, key: str, allowed: str) -> Json:
        if key not in self.values:
            raise ValueError(f"{self.where}: key {key!r} is missing; it must be {allowed}")
        return self.values[key]
