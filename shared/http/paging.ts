import * as z from 'zod/mini'

const DEFAULT_LIMIT = 25
const MOST = 100

/** `?limit=` of every list. */
export const limitQuery = z._default(
  z.pipe(
    z.string().check(z.regex(/^\d{1,4}$/, 'must be a whole number')),
    z.pipe(z.transform(Number), z.number().check(z.gte(1, 'must be at least 1'), z.lte(MOST, `must be at most ${MOST}`))),
  ),
  DEFAULT_LIMIT,
)
