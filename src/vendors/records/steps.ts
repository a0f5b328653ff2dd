import { IdentityError, UnknownOutcome } from '../../errors.ts'

/**
 * Makes a change that takes several requests, one after the other. A failure behind the first one that may have had an
 * effect is `UnknownOutcome`: a part of the change is made.
 */
export async function inSteps(
  steps: readonly (() => Promise<unknown>)[],
  { app, look }: { app: string; look: string },
): Promise<void> {
  for (const [done, step] of steps.entries()) {
    try {
      await step()
    } catch (error) {
      if (done === 0 || !(error instanceof IdentityError) || error instanceof UnknownOutcome) throw error
      throw new UnknownOutcome(
        `${app} made a part of the change, but not the rest. ${error.message}`,
        `${error.hint} ${look}`,
        { cause: error },
      )
    }
  }
}
