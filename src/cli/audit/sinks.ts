import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Io } from '../../app/io.ts'
import { InvalidInput, Unavailable } from '../../errors.ts'
import type { Secret } from '../../secret.ts'
import type { EventMark, Format } from './formats.ts'

/** Where events go. */
export interface Sink {
  /** Begins behind what is accounted for; calls `has` with the mark of each event that is there. */
  begin(bytes: number, has: (mark: EventMark) => void): Promise<void>
  /** Resolves when the lines are there to stay. */
  write(lines: readonly string[]): Promise<void>
  /** How many bytes are there. */
  bytes(): number
  close(): Promise<void>
}

const TAIL_BYTES = 8_000_000

/** A file, which gets nothing twice: what was written behind its place is written anew. */
export async function fileSink(
  path: string,
  { format, hasPlace }: { format: Format; hasPlace: boolean },
): Promise<Sink> {
  let file: FileHandle
  try {
    file = await open(path, 'a+', 0o600)
  } catch (cause) {
    throw new InvalidInput('That file cannot be written.', 'Name another file.', { cause })
  }
  let size = (await file.stat()).size
  if (size > 0 && !hasPlace) {
    await file.close()
    throw new InvalidInput('That file exists, and is no export that can go on.', 'Name a new file.')
  }
  const { head } = format
  if (size > 0 && head !== undefined && (await beginningOf(file, head.length)) !== head) {
    await file.close()
    throw new InvalidInput('That file has other columns.', 'Name a new file.')
  }
  const append = async (text: string) => {
    await file.appendFile(text)
    await file.datasync()
    size += Buffer.byteLength(text)
  }
  return {
    async begin(bytes, has) {
      // A file that was moved away begins anew, where the export is.
      if (size > bytes) await file.truncate(bytes)
      size = Math.min(size, bytes)
      // The place has the marks of the time that is read again; the end of the file has those of the last page.
      const input = createReadStream(path, { start: Math.max(0, size - TAIL_BYTES) })
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        const mark = format.markIn(line)
        if (mark) has(mark)
      }
      if (size === 0 && head !== undefined) await append(head + format.end)
    },
    write: (lines) => append(lines.map((line) => line + format.end).join('')),
    bytes: () => size,
    close: () => file.close(),
  }
}

async function beginningOf(file: FileHandle, bytes: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
  return buffer.toString('utf8', 0, bytesRead)
}

export function outputSink({ stdout }: Pick<Io, 'stdout'>, format: Format): Sink {
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => stdout.write(text, (error) => (error ? reject(error) : resolve())))
  return {
    begin: async () => (format.head === undefined ? undefined : write(format.head + format.end)),
    write: (lines) => write(lines.map((line) => line + format.end).join('')),
    bytes: () => 0,
    close: async () => {},
  }
}

/** A collector over HTTP: the HTTP Event Collector of Splunk, or lines of JSON. */
interface Collector {
  url: URL
  token: Secret
  kind: 'hec' | 'jsonl'
  fetch: typeof fetch
  /** How long to wait after a number of failures, milliseconds. */
  waitMs?: (failed: number) => number
}

/** How much is sent at once: collectors take a megabyte at least. */
const MAX_LINES = 500
const MAX_BYTES = 500_000
const MAX_ATTEMPTS = 8
const ATTEMPT_MS = 30_000

const backoff = (failed: number): number =>
  Math.min(60_000, 1_000 * 2 ** (failed - 1)) * (0.5 + Math.random() / 2)

export function collectorSink({ url, token, kind, fetch: send, waitMs = backoff }: Collector): Sink {
  const post = async (body: string): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnce(send, { url, token, kind }, body)
      if (answer === 'taken') return
      if (answer.final || attempt === MAX_ATTEMPTS) {
        throw new Unavailable(
          `The collector did not take the events: ${answer.why}.`,
          'Run it again to go on there.',
        )
      }
      await pause(waitMs(attempt))
    }
  }
  return {
    begin: async () => {},
    async write(lines) {
      for (const batch of batchesOf(lines.map(kind === 'hec' ? asHec : (line) => line))) {
        await post(kind === 'hec' ? batch.join('') : `${batch.join('\n')}\n`)
      }
    },
    bytes: () => 0,
    close: async () => {},
  }
}

/** docs.splunk.com, "Format events for HTTP Event Collector": `time` is epoch seconds, and events follow one another. */
function asHec(line: string): string {
  const event = JSON.parse(line) as { time: string | number }
  return JSON.stringify({ time: new Date(event.time).getTime() / 1_000, sourcetype: '_json', event })
}

function* batchesOf(lines: readonly string[]): Generator<string[]> {
  let batch: string[] = []
  let bytes = 0
  for (const line of lines) {
    const size = Buffer.byteLength(line)
    if (batch.length > 0 && (batch.length >= MAX_LINES || bytes + size > MAX_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(line)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/** Sends once. Follows no redirect, which could lead anywhere; a token goes to the named host alone. */
async function sendOnce(
  send: typeof fetch,
  { url, token, kind }: Pick<Collector, 'url' | 'token' | 'kind'>,
  body: string,
): Promise<'taken' | { final: boolean; why: string }> {
  try {
    const reply = await send(url.href, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(ATTEMPT_MS),
      headers: {
        authorization: `${kind === 'hec' ? 'Splunk' : 'Bearer'} ${token.reveal()}`,
        'content-type': kind === 'hec' ? 'application/json' : 'application/x-ndjson',
      },
      body,
    })
    await reply.body?.cancel()
    if (reply.ok) return 'taken'
    const passes = reply.status === 429 || reply.status === 408 || reply.status >= 500
    return { final: !passes, why: `it answered ${reply.status}` }
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: string } }
    return { final: false, why: `it could not be reached (${cause?.code ?? name})` }
  }
}
