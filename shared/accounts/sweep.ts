import { type AccountStore, shards } from './account-store.ts'
import { toSeconds } from './refresh-decision.ts'

/** A hint on the queue: ids of one shard whose due row has come. */
export interface RefreshHint {
  accounts: string[]
}

export interface SweepDependencies {
  store: Pick<AccountStore, 'due'>
  send(hint: RefreshHint): Promise<void>
  now(): number
}

/** Puts every due account on the queue; answers how many. Sixteen range queries when nothing is due. */
export async function sweep({ store, send, now }: SweepDependencies): Promise<number> {
  const until = toSeconds(now())
  const counts = await Promise.all(
    shards.map(async (shard) => {
      let count = 0
      for await (const accounts of store.due(shard, until)) {
        await send({ accounts })
        count += accounts.length
      }
      return count
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
