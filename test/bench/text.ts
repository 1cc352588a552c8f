import { type Bound, judge, type Measurement, ratio, type Series } from './measurement.ts'
import { median, spread } from './statistics.ts'

/** Three significant digits; whole numbers stay whole. */
export function number(value: number): string {
  const size = Math.abs(value)
  if (Number.isInteger(value) || size >= 100) return value.toFixed(0)
  return value.toFixed(size >= 10 ? 1 : 2)
}

/** `12.3 ms (11.0–14.2)` */
export function series({ values }: Series, unit: string): string {
  const { least, most } = spread(values)
  const around = values.length > 1 ? ` (${number(least)}–${number(most)})` : ''
  return `${number(median(values))} ${unit}${around}`
}

export function boundText({ of, direction, limit }: Bound, unit: string): string {
  const sign = direction === 'most' ? '≤' : '≥'
  return { ratio: `${sign} ${limit} ×`, difference: `${sign} +${limit} ${unit}`, value: `${sign} ${limit} ${unit}` }[of]
}

/** What the bound is about, in words: `1.23 ×`, `+3.1 ms`, `0.5 MB`. */
export function reached(measurement: Measurement): string {
  const { bound, unit } = measurement
  const verdict = judge(measurement)
  if (bound && verdict && bound.of !== 'ratio') {
    return `${bound.of === 'difference' && verdict.value >= 0 ? '+' : ''}${number(verdict.value)} ${unit}`
  }
  const compared = ratio(measurement)
  return compared === undefined ? '' : `${compared.toFixed(2)} ×`
}

export function outcome(measurement: Measurement): string {
  if (!measurement.subject) return 'not measured'
  const verdict = judge(measurement)
  if (!verdict) return ''
  return verdict.met ? 'met' : 'MISSED'
}
