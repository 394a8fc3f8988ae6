/** How far two samples are apart. */
export interface Comparison {
  /** Welch's t: the difference of the means over its standard error. */
  readonly t: number;
  /** How often a value of the second sample is larger than one of the first: 0.5 when they cannot be told apart. */
  readonly auc: number;
  /** The standard deviation of `auc` if both samples come from one distribution. */
  readonly aucDeviation: number;
}

/** Compares two samples of at least two values each. */
export function compareSamples(first: readonly number[], second: readonly number[]): Comparison {
  const [n, m] = [first.length, second.length];
  const error = Math.sqrt(variance(first) / n + variance(second) / m);
  return {
    t: (mean(second) - mean(first)) / error,
    auc: areaUnderCurve(first, second),
    aucDeviation: Math.sqrt((n + m + 1) / (12 * n * m)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** By ranks (Mann-Whitney); equal values share their rank. */
function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const all = [
    ...first.map((value) => ({ value, second: false })),
    ...second.map((value) => ({ value, second: true })),
  ].sort((one, other) => one.value - other.value);
  let rankSum = 0;
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + 1 + to) / 2;
    rankSum += rank * all.slice(from, to).filter((entry) => entry.second).length;
  }
  const [n, m] = [first.length, second.length];
  return (rankSum - (m * (m + 1)) / 2) / (n * m);
}
