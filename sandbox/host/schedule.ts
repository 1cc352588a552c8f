/** When a timer fires. */
export interface Schedule {
  /** The first occurrence after this instant, in ms since 1970 (UTC). */
  next(after: number): number
}

const DAY_MS = 86_400_000
const SEARCH_YEARS = 8
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEK_DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Field {
  name: string
  min: number
  max: number
  names?: string[]
}

const FIELDS: Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of the week', min: 0, max: 6, names: WEEK_DAYS },
]

/**
 * Reads an NCRONTAB expression: `{second} {minute} {hour} {day} {month} {day of week}`, or five fields without the second.
 * Both day fields must match. https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 * @throws Error when it is none
 */
export function parseSchedule(expression: string): Schedule {
  const parts = expression.trim().split(/\s+/)
  if (parts.length === 5) parts.unshift('0')
  if (parts.length !== 6)
    throw new Error(`The schedule expression '${expression}' was not recognized as a valid cron expression.`)
  const [seconds, minutes, hours, days, months, weekDays] = parts.map((part, index) =>
    parseField(part, FIELDS[index]!, expression),
  ) as [number[], number[], number[], number[], number[], number[]]

  const timesOfDay = (from: number) => {
    for (const hour of hours)
      for (const minute of minutes)
        for (const second of seconds) {
          const time = ((hour * 60 + minute) * 60 + second) * 1000
          if (time >= from) return time
        }
    return undefined
  }
  return {
    next(after) {
      const earliest = Math.floor(after / 1000) * 1000 + 1000
      const firstDay = Math.floor(earliest / DAY_MS) * DAY_MS
      for (let day = firstDay; day < firstDay + SEARCH_YEARS * 366 * DAY_MS; day += DAY_MS) {
        const date = new Date(day)
        const dayMatches =
          months.includes(date.getUTCMonth() + 1) && days.includes(date.getUTCDate()) && weekDays.includes(date.getUTCDay())
        const time = dayMatches ? timesOfDay(day === firstDay ? earliest - firstDay : 0) : undefined
        if (time !== undefined) return day + time
      }
      throw new Error(`The schedule expression '${expression}' never occurs.`)
    },
  }
}

function parseField(text: string, field: Field, expression: string): number[] {
  const refuse = () => new Error(`The schedule expression '${expression}' has an invalid ${field.name}: '${text}'.`)
  const number = (value: string) => {
    const named = field.names?.findIndex((name) => value.toLowerCase().startsWith(name)) ?? -1
    const parsed = named >= 0 ? named + field.min : /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (!(parsed >= field.min && parsed <= field.max)) throw refuse()
    return parsed
  }
  const values = new Set<number>()
  for (const item of text.split(',')) {
    const [range = '', step = '1', more] = item.split('/')
    const [first = '', last, extra] = range.split('-')
    if (more !== undefined || extra !== undefined || !/^[1-9]\d*$/.test(step)) throw refuse()
    const from = first === '*' ? field.min : number(first)
    const openEnded = first === '*' || item.includes('/')
    const to = last !== undefined ? number(last) : openEnded ? field.max : from
    if (to < from) throw refuse()
    for (let value = from; value <= to; value += Number(step)) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}
