import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

interface Reply {
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

/** Who a request says that it comes from, and what that client can do. */
export interface As {
  name?: string
  capabilities?: unknown
}

/** A client of the 2026-07-28 revision that sends whatever it is told to, for what no honest client would send. */
export class RawClient {
  readonly child: ChildProcess
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  readonly #name: string
  #id = 0

  constructor(main: string, args: string[], env: Record<string, string>, name = 'raw-client') {
    this.#name = name
    this.child = spawn(process.execPath, [main, ...args], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    if (this.child.stdout) {
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const reply = JSON.parse(line) as Reply
        this.#waiting.get(reply.id)?.(reply)
      })
    }
  }

  send(method: string, params: Record<string, unknown>, as: As = {}): Promise<Reply> {
    this.#id += 1
    const id = this.#id
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities':
        'capabilities' in as ? as.capabilities : { elicitation: { form: {}, url: {} } },
      'io.modelcontextprotocol/clientInfo': { name: as.name ?? this.#name, version: '1.0.0' },
    }
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve))
    this.child.stdin?.write(
      `${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } })}\n`,
    )
    return answered
  }

  /** Calls a tool, optionally as the second round of a question. Errors come back as `error`. */
  async call(
    name: string,
    args: unknown,
    round: { requestState?: unknown; inputResponses?: unknown } = {},
    as: As = {},
  ): Promise<{ state: string | undefined; body: { status?: string; error?: { code: string } } }> {
    const { result, error } = await this.send('tools/call', { name, arguments: args, ...round }, as)
    const text = result?.content?.[0]?.text
    const body =
      text === undefined ? (error ? { error: { code: String(error.code) } } : {}) : JSON.parse(text)
    return { state: result?.requestState, body }
  }

  close(): void {
    this.child.stdin?.end()
    this.child.kill()
  }
}

export const YES = { confirm: { action: 'accept', content: { confirm: true } } }
export const NO = { confirm: { action: 'decline' } }
