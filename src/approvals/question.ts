import { randomUUID } from 'node:crypto'
import type { StateSigner } from '../store/signed-state.ts'
import type { Binding } from './binding.ts'

/** How long a question through the client can be answered, milliseconds. */
export const QUESTION_TTL_MS = 5 * 60_000

/** A question that a person is asked through the client, and what a yes to it is bound to. */
export interface Question extends Binding {
  id: string
}

/** Whoever asks, and for which tool. */
interface Asker {
  tool: { name: string }
  caller: { id: string; client: string }
}

const boundTo = ({ tool, caller }: Asker): string[] => ['question', tool.name, caller.id, caller.client]

/** A new question, in a form that the client keeps and cannot change. */
export async function newQuestion(
  signer: StateSigner,
  asker: Asker,
  binding: Binding,
): Promise<{ question: Question; state: string }> {
  const question = { ...binding, id: randomUUID() }
  return { question, state: await signer.sign(boundTo(asker), question, QUESTION_TTL_MS) }
}

/** The question; undefined if it was not asked here for this caller, or too long ago. */
export const readQuestion = async (
  signer: StateSigner,
  asker: Asker,
  state: string,
): Promise<Question | undefined> =>
  // Signed here for this caller, so it has the form that `newQuestion` gave it.
  (await signer.verify(boundTo(asker), state)) as Question | undefined
