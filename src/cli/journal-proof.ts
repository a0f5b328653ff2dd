import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { readApprovalId } from '../approvals/approval-id.ts'
import { Conflict, IdentityError, InvalidInput } from '../errors.ts'
import {
  type Anchor,
  newKeyPair,
  readAnchors,
  readPublicKey,
  type Signer,
  signerFrom,
} from '../journal/anchor.ts'
import { type Checked, checkProof, makeProof } from '../journal/proof.ts'
import { type OpenData, paint, print, toJson, withData, wrap } from './data.ts'
import { story } from './journal-text.ts'

const SIGNING_KEY = 'file of the private key; else `journal.signingKey` of the settings'
const PUBLIC_KEY = 'public key that must have signed it, or a file that holds it'

/** The commands by which a journal is proved to somebody who trusts neither the server nor its disk. */
export function addProofCommands(journal: Command, io: Io, open: OpenData): void {
  journal
    .command('keygen <file>')
    .description('A new key to sign anchors with, into a new file; the public key is printed')
    .action((file: string) => plainly(io, async () => keygen(io, file)))
  journal
    .command('anchor')
    .description('The end of the journal, signed, as one line to keep somewhere else')
    .option('--signing-key <file>', SIGNING_KEY)
    .action((options: { signingKey?: string }, command: Command) => anchor(io, open, command, options))
  journal
    .command('prove [id]')
    .description('All about one call or approval, with what chains it to an anchor; or checks such a proof')
    .option('--out <file>', 'into a new file')
    .option('--signing-key <file>', SIGNING_KEY)
    .option(
      '--anchor <file>',
      'anchors kept elsewhere: to lead to one of them, or with --check, through them',
    )
    .option('--check <file>', 'check a proof, which needs nothing else')
    .option('--key <public>', PUBLIC_KEY)
    .action((id: string | undefined, options: ProveOptions, command: Command) =>
      prove(io, open, command, id, options),
    )
}

function keygen(io: Io, file: string): void {
  const { privatePem, publicText, id } = newKeyPair()
  writeNew(io, file, privatePem)
  print(io, publicText)
  io.stderr.write(
    `The private key ${id} is in ${file}. Keep it apart from the journal, and the public key above with the auditor.\n`,
  )
}

const anchor = (io: Io, open: OpenData, command: Command, { signingKey }: { signingKey?: string }) =>
  withData(io, open, command, async ({ journal, ...data }) => {
    const verdict = await journal.verify()
    // What is left behind a loss is genuine, and says itself what it lacks.
    if (!verdict.ok && verdict.problem !== 'lost') {
      throw new Conflict('The journal is not whole.', 'See `journal verify`.')
    }
    const { head } = await journal.end()
    if (!head) throw new InvalidInput('The journal is empty.', 'There is nothing to anchor yet.')
    const signer = signerOf(io, signingKey ?? data.signingKey)
    if (!signer) throw new InvalidInput('There is no key to sign with.', 'Name one with --signing-key FILE.')
    print(io, JSON.stringify(signer.anchor(head)))
  })

interface ProveOptions {
  out?: string
  signingKey?: string
  anchor?: string
  check?: string
  key?: string
}

function prove(io: Io, open: OpenData, command: Command, id: string | undefined, options: ProveOptions) {
  const { check } = options
  if (check !== undefined && id === undefined) return plainly(io, () => checkFile(io, check, options))
  return withData(io, open, command, async ({ journal, signingKey }) => {
    if (id === undefined || check !== undefined) {
      throw new InvalidInput('Name what is to be proved, or with --check a proof.', 'One of the two.')
    }
    const anchors = anchorsIn(io, options.anchor)
    const signer = signerOf(io, options.signingKey ?? signingKey)
    const proof = await makeProof(journal, [id, readApprovalId(id)], { anchors, signer })
    const text = `${toJson(proof)}\n`
    if (options.out === undefined) io.stdout.write(text)
    else writeNew(io, options.out, text)
    const said = summary(io, await checkProof(proof, { anchors }), { signed: 'unchecked' })
    io.stderr.write(`${said.join('\n')}\n`)
  })
}

async function checkFile(io: Io, file: string, options: ProveOptions): Promise<void> {
  let proof: unknown
  try {
    proof = JSON.parse(readText(io, file))
  } catch (error) {
    if (error instanceof IdentityError) throw error
    throw new InvalidInput('That file holds no proof.', '`journal prove ID --out FILE` makes one.')
  }
  const key = publicKeyOf(io, options.key)
  const checked = await checkProof(proof, { key, anchors: anchorsIn(io, options.anchor) })
  print(io, ...summary(io, checked, { signed: key ? 'checked' : 'unchecked' }))
  if (checked.problems.length > 0) io.exit(1)
}

/** What a proof says and how far it goes, for a person. */
function summary(
  io: Io,
  { problems, related, anchor: { seq, hash, at, key, signature }, count }: Checked,
  { signed }: { signed: 'checked' | 'unchecked' },
): string[] {
  const others = count - related.length
  const by =
    signature === undefined
      ? 'It is not signed: compare it with one that was kept elsewhere.'
      : signed === 'checked'
        ? `Signed with the key ${key}.`
        : `It says that the key ${key} signed it: check that with --key.`
  return [
    ...story(io, related),
    '',
    ...(problems.length > 0
      ? [paint(io, 'red', 'This proves nothing:'), ...problems.flatMap((problem) => wrap(io, problem, '  '))]
      : [
          ...wrap(
            io,
            `Whole: each of its ${count} entries is as it was written, ${others} of them about other things.`,
            '',
          ),
          ...wrap(io, `They lead to entry ${seq}, anchored on ${at}: ${hash}. ${by}`, ''),
        ]),
  ]
}

/** The key that signs, if one is named. */
const signerOf = (io: Io, file: string | undefined): Signer | undefined =>
  file === undefined ? undefined : signerFrom(readText(io, file))

export const publicKeyOf = (io: Io, named: string | undefined) =>
  named === undefined ? undefined : readPublicKey(/^[\w-]{43}$/.test(named) ? named : readText(io, named))

export const anchorsIn = (io: Io, file: string | undefined): Anchor[] =>
  file === undefined ? [] : readAnchors(readText(io, file))

function readText(io: Io, file: string): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new InvalidInput(`The file ${file} cannot be read.`, 'Name another one.', { cause: error })
  }
}

/** Into a new file that nobody else may read, so that no slip of the hand writes over another. */
function writeNew(io: Io, file: string, text: string): void {
  try {
    writeFileSync(resolve(io.cwd, file), text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw new InvalidInput(`The file ${file} cannot be written.`, 'Name a new one.', { cause: error })
  }
}

/** Runs what needs no data folder; an error of ours is told on stderr. */
async function plainly(io: Io, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    io.stderr.write(`${error.message}\n${error.hint}\n`)
    io.exit(2)
  }
}
