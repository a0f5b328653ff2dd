import { InvalidInput } from '../errors.ts'
import type { StateSigner } from '../store/signed-state.ts'

/** Turns the place where a listing goes on into a cursor, for one tool and one caller. */
export interface Cursors {
  sign(place: unknown): Promise<string>
  /** Throws `InvalidInput` for a cursor that was altered, is another tool's or another caller's. */
  open<Place>(cursor: string): Promise<Place>
}

export const cursorsFor = (signer: StateSigner, tool: string, caller: string): Cursors => {
  const bound = ['cursor', tool, caller]
  return {
    sign: (place) => signer.sign(bound, place),
    async open<Place>(cursor: string) {
      const place = await signer.verify(bound, cursor)
      if (place === undefined) {
        throw new InvalidInput(
          'This cursor is not one that this tool gave out.',
          'Begin again without a cursor.',
        )
      }
      // Signed by us for this tool, so it has the form in which this tool made it.
      return place as Place
    },
  }
}

/** Refuses an argument that differs from the one the cursor was made with. */
export function sameAsBefore(asked: Record<string, unknown>, before: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(before[name])) {
      throw new InvalidInput(
        `The cursor belongs to another ${name}.`,
        'Repeat the arguments of the first page, or begin again without a cursor.',
      )
    }
  }
}
