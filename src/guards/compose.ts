/** Wraps `next`: passes the input on, refuses it by throwing, or acts on the result. */
export type Guard<In, Out> = (input: In, next: (input: In) => Promise<Out>) => Promise<Out>

/** Wraps `run` in `guards`, the first one outermost. */
export const compose = <In, Out>(
  guards: readonly Guard<In, Out>[],
  run: (input: In) => Promise<Out>,
): ((input: In) => Promise<Out>) =>
  guards.reduceRight<(input: In) => Promise<Out>>((next, guard) => (input) => guard(input, next), run)
