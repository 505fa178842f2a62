"""A plain ear for the tests, without any trained model: log-mel statistics of a clip, and the nearest class mean."""

import numpy as np
import numpy.typing as npt
from any_to_3d.backend.props.sounds.clip import SAMPLE_RATE
from scipy import signal

BANDS = 32
_WINDOW, _HOP = 512, 160
_RANGE = 9.0  # natural logarithms of power below the loudest moment that count, as a noise floor hides the rest


def _mel_filters() -> npt.NDArray[np.float64]:
    def hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)

    lowest, highest = (2595.0 * np.log10(1.0 + frequency / 700.0) for frequency in (40.0, 8000.0))
    edges = hertz(np.linspace(lowest, highest, BANDS + 2))
    bins = np.fft.rfftfreq(_WINDOW, 1.0 / SAMPLE_RATE)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.clip(np.minimum(rise, fall), 0.0, None)


_FILTERS = _mel_filters()


def log_mel(clip: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """[frames, BANDS] log power, loudest band and moment at 0, nothing under -_RANGE."""
    _, _, spectrum = signal.stft(clip, SAMPLE_RATE, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, boundary=None)
    power = np.abs(spectrum.T) ** 2 @ _FILTERS
    return np.maximum(np.log(power / power.max() + 1e-12), -_RANGE)


def statistics(clip: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Per band: mean, loud tenth, spread over time, quick rises and falls; overall: how uneven and how tonal it is."""
    mel = log_mel(clip)
    step = np.diff(mel[::2], axis=0)
    frame = mel.mean(axis=1)
    beat = np.abs(np.fft.rfft(frame - frame.mean(), 512))[1:41].reshape(10, 4).sum(axis=1)
    tonal = np.abs(np.diff(mel, n=2, axis=1)).mean()
    loud = np.percentile(mel, 90, axis=0)
    return np.concatenate(
        [
            mel.mean(axis=0),
            loud,
            mel.std(axis=0),
            2.0 * np.maximum(step, 0.0).mean(axis=0),
            2.0 * np.maximum(-step, 0.0).mean(axis=0),
            3.0 * np.sqrt(beat / (beat.sum() + 1e-9)),
            [4.0 * tonal, 2.0 * frame.std()],
        ]
    )


class NearestCentroid:
    """Class means after whitening by the spread within classes (that is, linear discriminant analysis)."""

    def __init__(self, features: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> None:
        """features: [N, D]; labels: [N], each of 0 to C - 1 at least once."""
        means = np.stack([features[labels == each].mean(axis=0) for each in range(labels.max() + 1)])
        within = np.cov((features - means[labels]).T)
        width = np.trace(within) / len(within)
        values, vectors = np.linalg.eigh(within + 0.1 * width * np.eye(len(within)))
        self._whitening = vectors / np.sqrt(values)
        self._means = means @ self._whitening

    def __call__(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """[N, D] -> class numbers [N]."""
        distances = ((features @ self._whitening)[:, None] - self._means[None]) ** 2
        return distances.sum(axis=2).argmin(axis=1)
