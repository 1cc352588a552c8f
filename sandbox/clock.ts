/**
 * The clock all stand-ins and hosts share: real time plus an offset. `Date` is replaced, timers are not,
 * so a test moves time without waiting and nothing in the product knows.
 */
const RealDate = globalThis.Date
const listeners = new Set<(offsetMs: number) => void>()
let offset = 0

function ShiftedDate(this: unknown, ...args: unknown[]): string | Date {
  if (!new.target) return new RealDate(RealDate.now() + offset).toString()
  const target = new.target === (ShiftedDate as unknown) ? RealDate : new.target
  return Reflect.construct(RealDate, args.length === 0 ? [RealDate.now() + offset] : args, target) as Date
}
ShiftedDate.prototype = RealDate.prototype
Object.setPrototypeOf(ShiftedDate, RealDate)
Object.defineProperty(ShiftedDate, 'now', { value: () => RealDate.now() + offset })

/** Replaces `Date` in this process. Call it before the code that should see the shared time is loaded. */
export function installClock(): void {
  globalThis.Date = ShiftedDate as unknown as DateConstructor
}

/** Undoes {@link installClock}; for tests that share their process with others. */
export function removeClock(): void {
  globalThis.Date = RealDate
  offset = 0
}

/** Milliseconds by which the shared time is ahead of real time. */
export function clockOffset(): number {
  return offset
}

export function setClockOffset(offsetMs: number): void {
  offset = offsetMs
  for (const listener of listeners) listener(offset)
}

/** Calls `listener` after each change of the offset; answers the function that ends it. */
export function onClockChange(listener: (offsetMs: number) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
