/** How often something is done: a few times in `npm test`, as often as the work asks for in `npm run test:long`. */
export function count(short: number, long: number): number {
  return process.env.LONG_TESTS ? long : short
}
