import { median } from './statistics.ts'

/** One value a round. */
export interface Series {
  name: string
  values: number[]
}

/** What the subject must reach: as a ratio to the yardstick, as a difference from it, or as it is. */
export interface Bound {
  of: 'ratio' | 'difference' | 'value'
  direction: 'most' | 'least'
  limit: number
}

export interface Measurement {
  row: string
  what: string
  unit: string
  /** Without it, `subject` stands alone. */
  yardstick?: Series
  /** Absent where this machine cannot measure it. */
  subject?: Series
  /** Without it, for information. */
  bound?: Bound
  note?: string
}

export interface Verdict {
  /** What the bound is about. */
  value: number
  /** How much of the bound is used: 1 is exactly the bound, more is too much. */
  share: number
  met: boolean
}

/** Median of the subject to median of the yardstick. */
export function ratio({ yardstick, subject }: Measurement): number | undefined {
  return yardstick && subject && median(subject.values) / median(yardstick.values)
}

/** Compares medians with the bound; undefined without a bound or without values. */
export function judge(measurement: Measurement): Verdict | undefined {
  const { bound, subject, yardstick } = measurement
  if (!bound || !subject) return undefined
  const own = median(subject.values)
  const other = yardstick ? median(yardstick.values) : 0
  const value = { ratio: own / other, difference: own - other, value: own }[bound.of]
  const most = bound.direction === 'most'
  const share = Math.max(0, most ? value / bound.limit : bound.limit / value)
  return { value, share, met: most ? value <= bound.limit : value >= bound.limit }
}
