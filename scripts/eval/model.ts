/** A language model behind an API, as the evaluation uses one. */
export interface Model {
  name: string
  /** What the model says next. Throws `ModelFailed`, which never holds the key. */
  next(conversation: Conversation): Promise<Turn>
}

export interface Conversation {
  system: string
  tools: readonly ModelTool[]
  messages: readonly Message[]
}

export interface ModelTool {
  name: string
  description: string
  schema: object
}

/** A message in neither API's form. */
export type Message =
  | { from: 'person'; text: string }
  | ({ from: 'model' } & Pick<Turn, 'text' | 'calls'>)
  | { from: 'tools'; results: readonly { id: string; text: string; isError: boolean }[] }

export interface Turn {
  text: string
  /** `args` is undefined where the model sent no JSON object. */
  calls: readonly { id: string; name: string; args: object | undefined }[]
  tokens: Tokens
}

export interface Tokens {
  input: number
  output: number
}

export interface ModelSettings {
  name: string
  /** The address of the API, without the path of the call. */
  url: string
  key: string
  /** How long to wait after an error that may pass, milliseconds. */
  pauseMs?: number
}

/** The API did not answer as it should. */
export class ModelFailed extends Error {}

const TRIES = 4
const MAY_PASS = new Set([408, 429, 500, 502, 503, 504, 529])
const TIMEOUT_MS = 120_000
const LONGEST_PAUSE_MS = 60_000

/** Posts JSON and reads JSON. Repeats what may pass; a model's answer changes nothing, so it may be asked for twice. */
export async function post(
  { url, key, pauseMs = 2_000 }: ModelSettings,
  { path, headers, body }: { path: string; headers: Record<string, string>; body: object },
): Promise<unknown> {
  // What others say may repeat the key that they were sent.
  const failed = (why: string) => new ModelFailed(why.replaceAll(key, '[key]').slice(0, 300))
  for (let attempt = 1; ; attempt++) {
    let wait = pauseMs * 2 ** (attempt - 1)
    let problem: string
    try {
      const reply = await fetch(`${url.replace(/\/$/, '')}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const text = await reply.text()
      if (reply.ok) return parsed(text) ?? Promise.reject(failed('The model API did not answer with JSON.'))
      problem = `The model API answered ${reply.status}: ${text}`
      if (!MAY_PASS.has(reply.status)) throw failed(problem)
      const seconds = Number(reply.headers.get('retry-after'))
      if (seconds > 0) wait = seconds * 1_000
    } catch (error) {
      if (error instanceof ModelFailed) throw error
      problem = `The model API could not be reached: ${error instanceof Error ? error.message : error}`
    }
    if (attempt === TRIES) throw failed(problem)
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, LONGEST_PAUSE_MS)))
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Undefined says so.
    return undefined
  }
}

/** The arguments of a call, if they are an object or JSON text of one. */
export function argumentsIn(given: unknown): object | undefined {
  const value = typeof given === 'string' ? (given.trim() === '' ? {} : parsed(given)) : (given ?? {})
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
