import { createInterface } from 'node:readline'
import type { Program } from './program.ts'

interface RawReply {
  id: number
  result?: {
    resultType?: string
    requestState?: string
    inputRequests?: Record<string, { params: { message: string; url?: string } }>
    content?: { text: string }[]
    isError?: boolean
  }
  error?: { code: number; message: string }
}

/** The client name and capabilities that a request declares. */
export interface ClientIdentity {
  name?: string
  capabilities?: unknown
}

/** A client of the 2026-07-28 revision that sends anything, to test what no well-behaved client sends. */
export class RawClient {
  readonly #server: Program
  readonly #waiting = new Map<number, (reply: RawReply) => void>()
  readonly #name: string
  #id = 0

  constructor(server: Program, name = 'raw-client') {
    this.#name = name
    this.#server = server
    // Drained, so that the pipe does not fill up.
    server.stderr.resume()
    createInterface({ input: server.stdout }).on('line', (line) => {
      const reply = JSON.parse(line) as RawReply
      this.#waiting.get(reply.id)?.(reply)
    })
  }

  /** Sends these bytes unchanged. */
  write(bytes: string | Buffer): void {
    this.#server.stdin.write(bytes)
  }

  send(method: string, params: Record<string, unknown>, as: ClientIdentity = {}): Promise<RawReply> {
    this.#id += 1
    const id = this.#id
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities':
        'capabilities' in as ? as.capabilities : { elicitation: { form: {}, url: {} } },
      'io.modelcontextprotocol/clientInfo': { name: as.name ?? this.#name, version: '1.0.0' },
    }
    const answered = new Promise<RawReply>((resolve) => this.#waiting.set(id, resolve))
    this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } })}\n`)
    return answered
  }

  /** Calls a tool, optionally as the second round of a question. Returns errors as `error`. */
  async call(
    name: string,
    args: unknown,
    round: { requestState?: unknown; inputResponses?: unknown } = {},
    as: ClientIdentity = {},
  ): Promise<{ state: string | undefined; body: { status?: string; error?: { code: string } } }> {
    const { result, error } = await this.send('tools/call', { name, arguments: args, ...round }, as)
    const text = result?.content?.[0]?.text
    const body =
      text === undefined ? (error ? { error: { code: String(error.code) } } : {}) : JSON.parse(text)
    return { state: result?.requestState, body }
  }

  async close(): Promise<void> {
    this.#server.stdin.end()
    this.#server.kill('SIGTERM')
    await this.#server.ended
  }
}

export const YES = { confirm: { action: 'accept', content: { confirm: true } } }
export const NO = { confirm: { action: 'decline' } }
