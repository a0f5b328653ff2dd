import type { Io } from '../../app/io.ts'
import type { Asking } from './asking.ts'
import { menuAsking } from './menus.ts'
import { plainAsking } from './plain.ts'

/** The questions in the form that the terminal can show. Whoever cancels one makes it throw what `cancelled` returns. */
export const askingAt = async (io: Io, cancelled: () => Error): Promise<Asking> =>
  // A terminal that cannot move its cursor shows a menu that redraws itself as litter.
  io.env.TERM === 'dumb' ? plainAsking(io, cancelled) : menuAsking(io, cancelled)
