import { judge, type Measurement, type Verdict } from './measurement.ts'
import { boundText, reached } from './text.ts'

const WIDTH = 900
const LABELS = 290
const VALUES = 210
const LINE_HEIGHT = 30
const TOP = 56
/** Bars beyond this many times the bound are cut. */
const MOST_SHARE = 2

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .quiet { fill: #57606a }
  .met { fill: #2da44e }
  .missed { fill: #cf222e }
  .bound { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .met { fill: #3fb950 }
    .missed { fill: #f85149 }
    .bound { stroke: #e6edf3 }
  }`

/** One bar for each measurement with a bound: how much of the bound is used. The line is the bound; a bar that stays before it has met it. */
export function barChart(measurements: Measurement[]): string {
  const bars = measurements.flatMap((measurement) => {
    const verdict = judge(measurement)
    return verdict ? [{ measurement, verdict }] : []
  })
  const height = TOP + bars.length * LINE_HEIGHT + 12
  const line = LABELS + toPixels(1)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    '<title>Benchmark: share of each bound that is used</title>',
    `<style>${STYLE}\n</style>`,
    `<text x="${LABELS}" y="20" class="quiet">share of the bound that is used; the line is the bound</text>`,
    ...bars.map(({ measurement, verdict }, index) => bar(measurement, verdict, TOP + index * LINE_HEIGHT)),
    `<line class="bound" x1="${line}" y1="${TOP - 18}" x2="${line}" y2="${height - 8}"/>`,
    `<text x="${line}" y="${TOP - 22}" text-anchor="middle">bound</text>`,
    '</svg>',
    '',
  ].join('\n')
}

function bar(measurement: Measurement, { share, met }: Verdict, top: number): string {
  const { row, what, bound, unit } = measurement
  const width = Math.max(1, toPixels(Math.min(share, MOST_SHARE)))
  const text = `${reached(measurement)}${bound ? ` (${boundText(bound, unit)})` : ''}`
  return [
    `<text x="${LABELS - 10}" y="${top + 15}" text-anchor="end">${escapeXml(row)} <tspan class="quiet">${escapeXml(what)}</tspan></text>`,
    `<rect class="${met ? 'met' : 'missed'}" x="${LABELS}" y="${top + 3}" width="${width.toFixed(1)}" height="16" rx="2"/>`,
    `<text x="${WIDTH - VALUES + 10}" y="${top + 15}">${escapeXml(`${text} ${met ? '✓' : '✗'}`)}</text>`,
  ].join('\n')
}

function toPixels(share: number): number {
  return ((WIDTH - LABELS - VALUES) / MOST_SHARE) * share
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
