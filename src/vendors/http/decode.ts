import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { BadReply } from '../../errors.ts'

type Decoder = (bytes: Buffer, limit: { maxOutputLength: number }) => Promise<Buffer>

const inflated: Decoder = promisify(inflate)
const inflatedRaw: Decoder = promisify(inflateRaw)

// RFC 9110 §8.4.1. Some servers send deflate without the header of zlib.
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify(gunzip),
  deflate: (bytes, limit) => ((bytes[0] ?? 0) % 16 === 8 ? inflated : inflatedRaw)(bytes, limit),
  br: promisify(brotliDecompress),
}

const MAX_BYTES = 16 * 1024 * 1024

/** A reply was larger than this server reads. A list can be asked for with fewer rows. */
export class ReplyTooLarge extends BadReply {
  constructor(cause?: unknown) {
    super(
      'The app’s reply is too large.',
      'Look at it in the app’s console. Where it is a list, the person who runs this server can lower `pageSize` of this tenant.',
      { cause },
    )
  }
}

/** The bytes of a reply without the compression that `content-encoding` names. Throws `ReplyTooLarge` for more than 16 MiB. */
export async function readBody(body: AsyncIterable<Buffer>, encodings: string | undefined): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new ReplyTooLarge()
    chunks.push(chunk)
  }
  return decoded(Buffer.concat(chunks), encodings)
}

async function decoded(bytes: Buffer, encodings: string | undefined): Promise<Buffer> {
  // The last one was put on last.
  const names = (encodings ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim().replace(/^x-/, ''))
    .reverse()
  let plain = bytes
  for (const name of names) {
    // A reply without a body has nothing to take it from.
    if (name === '' || name === 'identity' || plain.length === 0) continue
    plain = await decodedOnce(plain, name)
  }
  return plain
}

async function decodedOnce(bytes: Buffer, name: string): Promise<Buffer> {
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined
  if (!decode) throw unreadable()
  try {
    return await decode(bytes, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ERR_BUFFER_TOO_LARGE' ? new ReplyTooLarge(error) : unreadable(error)
  }
}

const unreadable = (cause?: unknown) =>
  new BadReply('The app’s reply is compressed in a way that cannot be read.', 'Try again.', { cause })
