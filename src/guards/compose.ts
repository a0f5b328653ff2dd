/** Stands between a caller and `next`: lets through, refuses by throwing, or acts on the way back. */
export type Guard<In, Out> = (input: In, next: (input: In) => Promise<Out>) => Promise<Out>

/** Puts `guards` around `run`, the first outermost. */
export const compose = <In, Out>(
  guards: readonly Guard<In, Out>[],
  run: (input: In) => Promise<Out>,
): ((input: In) => Promise<Out>) =>
  guards.reduceRight<(input: In) => Promise<Out>>((next, guard) => (input) => guard(input, next), run)
