"""k-means on a device.

The start and the rounds are those of the engine (Sources/Clustering/KMeans), on float32 products of matrices. Random numbers
are numpy's, drawn on the processor, so they are the same on every device. Sums of rows are products of matrices on a GPU, whose
order does not change from run to run; on the processor rows are added in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._devices import has_doubles, torch

#: Scores of a block, rows × centroids, at most.
_SCORES = {"cpu": 1 << 21, "": 1 << 26}
#: A start is clearly better when its error is lower by this share: where all rows are tried, and where a sample is.
_CLEARLY = (0.02, 0.05)
_TRIAL_ROUNDS, _LONG_ROUNDS = 2, 10
#: Products of a trial over all rows; beyond, two samples of so many rows a centroid are tried.
_TRIAL_WORK, _TRIAL_ROWS = 1 << 28, 8
_MOVES, _LITTLE = 24, 2e-3

Told = Callable[[int, int, float], None]


@dataclass
class Clusters:
    """What k-means found."""

    centroids: Any
    assignment: Any
    #: Σ|x − c|².
    error: float
    rounds: int
    repaired: int


@dataclass
class _Near:
    """The nearest centroid of each row, its squared distance, and that of the next one."""

    codes: Any
    distances: Any
    next_codes: Any = None
    next_distances: Any = None

    @property
    def error(self) -> float:
        return total(self.distances)


def total(values: Any) -> float:
    """The sum of a tensor's values, in float64."""
    return float(values.cpu().double().sum())


def nearest(rows: Any, centroids: Any, *, finds_next: bool = False) -> _Near:
    """The nearest centroids of all rows, block by block."""
    squares = centroids.square().sum(1)
    size = max(64, _SCORES.get(rows.device.type, _SCORES[""]) // len(centroids))
    parts: list[list[Any]] = [[], [], [], []]
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        found = torch.addmm(squares, block, centroids.T, alpha=-2)
        own = block.square().sum(1)
        least, code = found.min(1)
        parts[0].append(code)
        parts[1].append((least + own).clamp_min(0))
        if finds_next and len(centroids) > 1:
            found.scatter_(1, code[:, None], torch.inf)
            least, code = found.min(1)
            parts[2].append(code)
            parts[3].append((least + own).clamp_min(0))
    joined = [torch.cat(part) if part else None for part in parts]
    return _Near(*joined)


def sums_by_code(rows: Any, codes: Any, size: int) -> Any:
    """Σ of the rows that have each code, size × d."""
    result = torch.zeros((size, rows.shape[1]), dtype=torch.float64 if has_doubles(rows.device) else torch.float32, device=rows.device)
    if rows.device.type == "cpu":
        return result.index_add_(0, codes, rows.to(result.dtype))
    step = max(64, _SCORES[""] // size)
    for start in range(0, len(rows), step):
        part = codes[start : start + step]
        mask = torch.zeros((len(part), size), device=rows.device)
        mask.scatter_(1, part[:, None], 1.0)
        result += (mask.T @ rows[start : start + step]).to(result.dtype)
    return result


def means(rows: Any, codes: Any, previous: Any) -> tuple[Any, int]:
    """The mean of every cluster. An empty one takes half of the largest. Also returns how many were empty."""
    size = len(previous)
    counts = torch.bincount(codes, minlength=size)
    sums = sums_by_code(rows, codes, size)
    full = counts > 0
    made = torch.where(full[:, None], sums / counts.clamp_min(1)[:, None].to(sums.dtype), previous.to(sums.dtype)).float()
    sizes = counts.cpu().tolist()
    repaired = 0
    signs = torch.ones(rows.shape[1], device=rows.device)
    signs[1::2] = -1
    for empty in [code for code, count in enumerate(sizes) if count == 0]:
        largest = max(range(size), key=sizes.__getitem__)
        if sizes[largest] < 2:
            break
        # The first stays where it is, so that a cluster of equal rows, which nothing can part, keeps its exact mean.
        made[empty] = made[largest] * (1 + 2.0**-10 * signs)
        sizes[empty] = sizes[largest] // 2
        sizes[largest] -= sizes[empty]
        repaired += 1
    return made, repaired


def settle(rows: Any, centroids: Any, rounds: int) -> tuple[Any, float]:
    """Centroids after so many rounds, and their error."""
    for _ in range(rounds):
        centroids = means(rows, nearest(rows, centroids).codes, centroids)[0]
    return centroids, nearest(rows, centroids).error


def _lloyd(rows: Any, centroids: Any, options: Mapping[str, Any], tell: Callable[[int, float], None]) -> Clusters:
    iterations, tolerance = int(options["iterations"]), float(options["tolerance"])
    before, repaired, codes = np.inf, 0, None
    for number in range(iterations + 1):
        near = nearest(rows, centroids)
        error, has_moved = near.error, codes is None or bool((near.codes != codes).any())
        codes = near.codes
        tell(number, error)
        if number == iterations:
            return Clusters(centroids, codes, error, number, repaired)
        made, empty = means(rows, codes, centroids)
        repaired += empty
        centroids = made
        if number > 0 and empty == 0 and (not has_moved or before - error < tolerance * error):
            near = nearest(rows, centroids)
            return Clusters(centroids, near.codes, near.error, number + 1, repaired)
        before = error
    raise AssertionError("the last round returns")


def run(rows: Any, size: int, options: Mapping[str, Any], stream: int, tell: Told) -> Clusters:
    """The best of `restarts` runs.

    Args:
        rows: N × d float32 on the device, N at least `size`.
        options: the engine's, as `semid.defaults` names them under ``kMeans``.
        stream: separates the random numbers of levels.
        tell: called with the run's number, the round's number and the error.
    """
    best: Clusters | None = None
    for restart in range(int(options["restarts"])):
        start = _Start(rows, size, options, np.random.default_rng([int(options["seed"]), stream, restart]))

        def told(number: int, error: float, restart: int = restart) -> None:
            tell(restart, number, error)

        found = _lloyd(rows, start.centroids(), options, told)
        if best is None or found.error < best.error:
            best = found
    assert best is not None
    return best


class _Start:
    """The first centroids."""

    def __init__(self, rows: Any, size: int, options: Mapping[str, Any], random: np.random.Generator) -> None:
        self.rows, self.size, self.options, self.random = rows, size, options, random

    def centroids(self) -> Any:
        drawn = self._rows()
        reach = float(self.options["seedReach"])
        pulled = drawn
        if reach < 1:
            center = self.rows.mean(0, dtype=torch.float64 if has_doubles(self.rows.device) else torch.float32)
            pulled = (center + reach * (drawn.to(center.dtype) - center)).float()
        if self.options["start"] != "auto" or self.size < 2:
            return pulled
        return _Trial(self.rows, self.size, self.random).best(pulled, drawn if reach < 1 else None)

    def _sample(self, count: int) -> Any:
        if count >= len(self.rows):
            return self.rows
        return self.rows[_index(np.sort(self.random.choice(len(self.rows), count, replace=False)), self.rows)]

    def _rows(self) -> Any:
        kind, per = self.options["start"], int(self.options["seedRowsPerCentroid"])
        if kind == "random":
            return self.rows[_index(self.random.choice(len(self.rows), self.size, replace=False), self.rows)]
        if kind == "k-means++":
            sample = self._sample(max(1, per // 8) * self.size)
            return sample[_index(self._plus_plus(sample, None), sample)]
        return self._parallel(self._sample(per * self.size))

    def _parallel(self, sample: Any) -> Any:
        """k-means‖: five rounds, each drawing about size / 2 rows in proportion to their squared distance; then k-means++
        among them, weighted by the rows that each stands for."""
        drawn = [int(self.random.integers(len(sample)))]
        distances = torch.full((len(sample),), torch.inf, device=sample.device)
        owners = torch.zeros(len(sample), dtype=torch.int64, device=sample.device)
        fresh = drawn
        for last in (False,) * 5 + (True,):
            if fresh:
                near = nearest(sample, sample[_index(np.asarray(fresh), sample)])
                closer = near.distances < distances
                distances = torch.where(closer, near.distances, distances)
                owners = torch.where(closer, near.codes + (len(drawn) - len(fresh)), owners)
            if last:
                break
            chances = distances.cpu().numpy().astype(np.float64)
            everything = chances.sum()
            if not everything > 0:
                break
            fresh = np.flatnonzero(self.random.random(len(chances)) < self.size / 2 / everything * chances).tolist()
            drawn = drawn + fresh
        if len(drawn) < self.size:
            left = np.setdiff1d(np.arange(len(sample)), drawn)
            drawn = drawn + self.random.choice(left, self.size - len(drawn), replace=False).tolist()
            return sample[_index(np.asarray(drawn), sample)]
        candidates = sample[_index(np.asarray(drawn), sample)]
        weights = torch.bincount(owners, minlength=len(drawn)).cpu().numpy().astype(np.float64)
        return candidates[_index(self._plus_plus(candidates, weights), candidates)]

    def _plus_plus(self, candidates: Any, weights: Any) -> Any:
        """The numbers of `size` candidates, each drawn with its weight times its squared distance from those before."""
        count = len(candidates)
        mass = np.ones(count) if weights is None else weights
        chosen = [int(np.searchsorted(np.cumsum(mass), self.random.random() * mass.sum(), side="right").clip(0, count - 1))]
        distances = torch.full((count,), torch.inf, device=candidates.device)
        while len(chosen) < self.size:
            fresh = (candidates - candidates[chosen[-1]]).square().sum(1)
            distances = torch.minimum(distances, fresh)
            chances = distances.cpu().numpy().astype(np.float64) * mass
            sums = np.cumsum(chances)
            if sums[-1] > 0 and np.isfinite(sums[-1]):
                row = int(np.searchsorted(sums, self.random.random() * sums[-1], side="right"))
                chosen.append(min(row, int(np.flatnonzero(chances)[-1])))
            else:
                # All are chosen, or equal to one that is: any that is left will do.
                left = np.setdiff1d(np.arange(count), chosen)
                chosen.append(int(left[0]) if len(left) else 0)
        return np.asarray(chosen)


class _Trial:
    """Starts compared by a few rounds, as the engine compares them. Few rows are tried in full; of many, one sample learns
    and another judges."""

    def __init__(self, rows: Any, size: int, random: np.random.Generator) -> None:
        self.random = random
        count = _TRIAL_ROWS * size
        self.learning, self.judging, self.clearly = rows, None, _CLEARLY[0]
        if len(rows) * size * rows.shape[1] > _TRIAL_WORK and 2 * count <= len(rows):
            picked = random.choice(len(rows), 2 * count, replace=False)
            self.learning = rows[_index(picked[:count], rows)]
            self.judging, self.clearly = rows[_index(picked[count:], rows)], _CLEARLY[1]

    def _error(self, settled: tuple[Any, float]) -> float:
        return settled[1] if self.judging is None else nearest(self.judging, settled[0]).error

    def best(self, usual: Any, other: Any) -> Any:
        first = settle(self.learning, usual, _TRIAL_ROUNDS)
        bar = self._error(first) * (1 - self.clearly)
        chosen = first
        if other is not None:
            settled = settle(self.learning, other, _TRIAL_ROUNDS)
            if self._error(settled) < bar:
                chosen = settled
        before = self._error(chosen)
        chosen = self._improved(chosen, lambda found: self._error(found) < before * (1 - self.clearly / 2))
        if not self._error(chosen) < bar:
            return usual
        # What moved has had more rounds: as many for the usual start, before it is given up.
        settled = settle(self.learning, usual, _LONG_ROUNDS)
        return chosen[0] if self._error(chosen) < self._error(settled) * (1 - self.clearly) else usual

    def _improved(self, start: tuple[Any, float], is_worthwhile: Callable[[tuple[Any, float]], bool]) -> tuple[Any, float]:
        """Moves centroids from where they are of little use to where the error is, while that lowers it."""
        best, size = start, len(start[0]) // 8
        near = nearest(self.learning, best[0], finds_next=True)
        for move in range(_MOVES):
            moved = self._moved(best[0], near, size) if size > 0 else None
            if moved is None:
                break
            found = settle(self.learning, moved, 2)
            gain = (best[1] - found[1]) / best[1] if best[1] > 0 else 0.0
            if move == 0 and not is_worthwhile(found):
                break
            if gain < _LITTLE:
                size //= 2
            if gain > 0:
                best = found
                if size > 0:
                    near = nearest(self.learning, best[0], finds_next=True)
        return best

    def _moved(self, centroids: Any, near: _Near, size: int) -> Any:
        """Centroids of which up to `size` were moved; None when no move promises anything."""
        count = len(centroids)
        codes = near.codes.cpu().numpy()
        distances = near.distances.cpu().numpy().astype(np.float64)
        next_codes = near.next_codes.cpu().numpy()
        errors = np.bincount(codes, distances, count)
        uses = np.bincount(codes, near.next_distances.cpu().numpy().astype(np.float64) - distances, count)
        worst = np.lexsort((np.arange(count), -errors))[:size]
        # Neither a cluster that gets help, nor the neighbor of one that goes, which has to take its rows.
        pairs = codes.astype(np.int64) * count + next_codes
        numbers, often = np.unique(pairs, return_counts=True)
        neighbor = np.full(count, -1)
        order = np.lexsort((-numbers, often))
        neighbor[numbers[order] // count] = numbers[order] % count
        kept = np.zeros(count, bool)
        kept[worst] = True
        candidates = iter(np.lexsort((np.arange(count), uses)).tolist())
        sources, targets = [], []
        for cluster in worst.tolist():
            useless = next((code for code in candidates if not kept[code]), None)
            if useless is None or not uses[useless] < 0.75 * errors[cluster]:
                break
            sources.append(useless)
            targets.append(self._drawn_row(cluster, codes, distances))
            if neighbor[useless] >= 0:
                kept[neighbor[useless]] = True
        if not sources:
            return None
        moved = centroids.clone()
        moved[_index(np.asarray(sources), centroids)] = self.learning[_index(np.asarray(targets), centroids)]
        return moved

    def _drawn_row(self, cluster: int, codes: Any, distances: Any) -> int:
        """A row of the cluster, drawn in proportion to its squared distance."""
        rows = np.flatnonzero(codes == cluster)
        sums = np.cumsum(distances[rows])
        if not sums[-1] > 0:
            return int(rows[-1])
        place = int(np.searchsorted(sums, self.random.random() * sums[-1], side="right"))
        return int(rows[min(place, len(rows) - 1)])


def _index(numbers: Any, rows: Any) -> Any:
    return torch.from_numpy(np.ascontiguousarray(numbers, np.int64)).to(rows.device)
