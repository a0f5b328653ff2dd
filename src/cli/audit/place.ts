import { readFile, rename, writeFile } from 'node:fs/promises'
import * as z from 'zod'
import { InvalidInput } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { LogPlace } from './read-log.ts'

/** How far an export is. */
export interface Place {
  tenant: string
  format: string
  /** All until then is exported; ISO 8601, like the other times. */
  done?: string
  /** A span that was begun and not finished. */
  open?: { since: string; until: string; at: LogPlace }
  /** Length of the file that is accounted for, bytes: what is behind it was being written when the export ended. */
  bytes: number
  /** Marks of the last events: their time is read again. */
  recent: [key: string, time: number][]
}

export interface PlaceKeeper {
  read(): Promise<Place | undefined>
  write(place: Place): Promise<void>
}

const Shape = z.lazy(() =>
  z.looseObject({
    tenant: z.string(),
    format: z.string(),
    bytes: z.number(),
    done: z.iso.datetime().optional(),
  }),
)

/** Beside a file. */
export function placeBeside(file: string): PlaceKeeper {
  const path = `${file}.place`
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw new InvalidInput(`${path} cannot be read.`, 'Name another file.', { cause: error })
      })
      if (text === undefined) return undefined
      try {
        // The shape is checked as far as a person could have changed it.
        return Shape.parse(JSON.parse(text)) as unknown as Place
      } catch (cause) {
        throw new InvalidInput(`${path} is not the place of an export.`, 'Name another file.', { cause })
      }
    },
    async write(place) {
      await writeFile(`${path}.new`, JSON.stringify(place), { mode: 0o600 })
      await rename(`${path}.new`, path)
    },
  }
}

/** In the store, for what is sent elsewhere. */
export const placeInStore = (store: Store, to: string): PlaceKeeper => ({
  read: () => store.get<Place>(`export/${to}`),
  write: (place) => store.set(`export/${to}`, place),
})
