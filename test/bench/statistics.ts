/** The middle value; of an even number of values the mean of the two in the middle. @throws RangeError without values */
export function median(values: number[]): number {
  return (quantile(values, 0.5, Math.floor) + quantile(values, 0.5, Math.ceil)) / 2
}

/** The value that this share (0–1) of the values does not exceed. @throws RangeError without values */
export function percentile(values: number[], share: number): number {
  const sorted = inOrder(values)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
}

export function spread(values: number[]): { least: number; most: number } {
  const sorted = inOrder(values)
  return { least: sorted[0] as number, most: sorted[sorted.length - 1] as number }
}

/** How long at least one of the intervals `[start, end]` was open. */
export function covered(intervals: [number, number][]): number {
  let total = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const [start, end] of intervals.toSorted(([one], [other]) => one - other)) {
    if (end <= reached) continue
    total += end - Math.max(start, reached)
    reached = end
  }
  return total
}

function quantile(values: number[], share: number, round: (position: number) => number): number {
  const sorted = inOrder(values)
  return sorted[round((sorted.length - 1) * share)] as number
}

function inOrder(values: number[]): number[] {
  if (values.length === 0) throw new RangeError('There is no value.')
  return values.toSorted((one, other) => one - other)
}
