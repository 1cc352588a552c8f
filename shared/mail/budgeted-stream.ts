import { untilEnd } from './body-end.ts'
import type { StreamBudget } from './stream-budget.ts'

/**
 * The same bytes, admitted by the budget: the reservation ends when the body ended, broke or is no longer wanted.
 *
 * @throws what {@link StreamBudget.reserve} throws; the body is then given up
 */
export async function budgeted(
  budget: StreamBudget,
  size: number,
  body: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  let produced: () => void
  try {
    produced = budget.reserve(size).produced
  } catch (error) {
    await body.cancel().catch(() => undefined)
    throw error
  }
  return untilEnd(body, produced)
}
