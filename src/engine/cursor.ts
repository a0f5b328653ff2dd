import { InvalidInput } from '../errors.ts'
import type { StateSigner } from '../store/signed-state.ts'

/** Turns the position of a listing into a cursor, for one tool and one caller. */
export interface Cursors {
  sign(position: unknown): Promise<string>
  /** Throws `InvalidInput` for a cursor that was altered, or belongs to another tool or caller. */
  open<Position>(cursor: string): Promise<Position>
}

export const cursorsFor = (signer: StateSigner, tool: string, caller: string): Cursors => {
  const bound = ['cursor', tool, caller]
  return {
    sign: (position) => signer.sign(bound, position),
    async open<Position>(cursor: string) {
      const position = await signer.verify(bound, cursor)
      if (position === undefined) {
        throw new InvalidInput('This cursor was not issued by this tool.', 'Start again without a cursor.')
      }
      // Signed here for this tool, so it has the form that this tool gave it.
      return position as Position
    },
  }
}

/** Refuses an argument that differs from the one the cursor was made with. */
export function sameAsBefore(asked: Record<string, unknown>, before: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(before[name])) {
      throw new InvalidInput(
        `The cursor belongs to another ${name}.`,
        'Repeat the arguments of the first page, or start again without a cursor.',
      )
    }
  }
}
