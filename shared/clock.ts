/** Time, waiting and chance, which rules take as arguments; the one place that reads the machine's. */
export const systemClock = {
  now: (): number => Date.now(),
  wait: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
  random: (): number => Math.random(),
}
