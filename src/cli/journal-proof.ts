import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { readApprovalId } from '../approvals/approval-id.ts'
import { Conflict, IdentityError, InvalidInput, Unavailable } from '../errors.ts'
import {
  type Anchor,
  newKeyPair,
  readAnchors,
  readPublicKey,
  type Signer,
  signerFrom,
} from '../journal/anchor.ts'
import { type Checked, checkProof, makeProof } from '../journal/proof.ts'
import { story } from './journal-text.ts'
import { withProgress } from './progress.ts'
import { givenOrTyped } from './prompts.ts'
import { paint, print, toJson, wrap } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

const SIGNING_KEY = 'file with the private key; default: `journal.signingKey` in the settings'
const PUBLIC_KEY = 'public key that must have signed it, or a file with the key'

/** The commands that prove journal entries to somebody who trusts neither the server nor its disk. */
export function addProofCommands(journal: Command, io: Io, open: OpenData): void {
  journal
    .command('keygen <file>')
    .description('Write a new signing key for anchors to a new file, and print its public key')
    .action((file: string) => withoutData(io, async () => keygen(io, file)))
  journal
    .command('anchor')
    .description('Print the signed end of the journal as one line, to keep somewhere else')
    .option('--signing-key <file>', SIGNING_KEY)
    .action((options: { signingKey?: string }, command: Command) => anchor(io, open, command, options))
  journal
    .command('prove [id]')
    .description('Prove all entries about one call or approval, up to an anchor; or check such a proof')
    .option('--out <file>', 'write to a new file')
    .option('--signing-key <file>', SIGNING_KEY)
    .option(
      '--anchor <file>',
      'anchors kept elsewhere: prove up to one of them, or with --check, check against them',
    )
    .option('--check <file>', 'check the proof in this file; needs no settings')
    .option('--key <public>', PUBLIC_KEY)
    .action((id: string | undefined, options: ProveOptions, command: Command) =>
      prove(io, open, command, id, options),
    )
}

function keygen(io: Io, file: string): void {
  const { privatePem, publicText, id } = newKeyPair()
  writeNewFile(io, file, privatePem)
  print(io, publicText)
  io.stderr.write(
    `The private key ${id} is in ${file}. Keep it away from the journal, and give the public key above to the auditor.\n`,
  )
}

const anchor = (io: Io, open: OpenData, command: Command, { signingKey }: { signingKey?: string }) =>
  withData(io, open, command, async ({ journal, ...data }) => {
    const head = await withProgress(io, 'Verifying the journal', () => journal.index.catchUp()).catch(
      (error) => {
        if (!(error instanceof Unavailable)) throw error
        throw new Conflict('The journal is not intact.', 'See `journal verify`.', { cause: error })
      },
    )
    if (!head) throw new InvalidInput('The journal is empty.', 'There is nothing to anchor yet.')
    const signer = signerOf(io, signingKey ?? data.signingKey)
    if (!signer) throw new InvalidInput('There is no signing key.', 'Name one with --signing-key FILE.')
    print(io, JSON.stringify(signer.anchor(head)))
  })

const SUBJECT = {
  message: 'What to prove: the reference of a call, or the id of an approval',
  option: 'the reference of a call or the id of an approval, or --check FILE',
}

interface ProveOptions {
  out?: string
  signingKey?: string
  anchor?: string
  check?: string
  key?: string
}

function prove(io: Io, open: OpenData, command: Command, id: string | undefined, options: ProveOptions) {
  const { check } = options
  if (check !== undefined && id === undefined) return withoutData(io, () => checkFile(io, check, options))
  return withData(io, open, command, async ({ journal, signingKey }) => {
    if (check !== undefined) {
      throw new InvalidInput('Name either what to prove, or with --check a proof.', 'See --help.')
    }
    const named = await givenOrTyped(io, id, SUBJECT)
    const anchors = anchorsIn(io, options.anchor)
    const signer = signerOf(io, options.signingKey ?? signingKey)
    const proof = await withProgress(io, 'Proving the entries', () =>
      makeProof(journal, [named, readApprovalId(named)], { anchors, signer }),
    )
    const text = `${toJson(proof)}\n`
    if (options.out === undefined) io.stdout.write(text)
    else writeNewFile(io, options.out, text)
    const said = proofSummary(io, await checkProof(proof, { anchors }), { signed: 'unchecked' })
    io.stderr.write(`${said.join('\n')}\n`)
  })
}

async function checkFile(io: Io, file: string, options: ProveOptions): Promise<void> {
  let proof: unknown
  try {
    proof = JSON.parse(readText(io, file))
  } catch (error) {
    if (error instanceof IdentityError) throw error
    throw new InvalidInput('That file is not a proof.', '`journal prove ID --out FILE` makes one.')
  }
  const key = publicKeyOf(io, options.key)
  const checked = await checkProof(proof, { key, anchors: anchorsIn(io, options.anchor) })
  print(io, ...proofSummary(io, checked, { signed: key ? 'checked' : 'unchecked' }))
  // Anybody can make up a whole chain, so without an anchor to trust nothing is proved.
  if (checked.problems.length > 0 || !checked.trusted) io.exit(1)
}

/** What a proof shows and up to which anchor, for people. */
function proofSummary(
  io: Io,
  { problems, related, unproved, trusted, anchor: { seq, hash, at, key, signature }, count }: Checked,
  { signed }: { signed: 'checked' | 'unchecked' },
): string[] {
  const others = count - related.length - unproved.length
  const by =
    signature !== undefined && signed === 'checked'
      ? `Signed with the key ${key}.`
      : trusted
        ? 'You kept that anchor.'
        : signature === undefined
          ? 'The anchor is not signed: only one that was kept elsewhere, named with --anchor, proves anything.'
          : `It claims a signature by the key ${key}: check that with --key.`
  return [
    ...story(io, related),
    '',
    ...(problems.length > 0
      ? [paint(io, 'red', 'Not a valid proof:'), ...problems.flatMap((problem) => wrap(io, problem, '  '))]
      : [
          ...wrap(
            io,
            `Intact: each of its ${count} entries is unchanged; ${others} of them are about other calls.`,
            '',
          ),
          ...wrap(io, `They lead to entry ${seq}, anchored on ${at}: ${hash}. ${by}`, ''),
        ]),
  ]
}

/** The signing key, if one is named. */
export const signerOf = (io: Io, file: string | undefined): Signer | undefined =>
  file === undefined ? undefined : signerFrom(readText(io, file))

export const publicKeyOf = (io: Io, named: string | undefined) =>
  named === undefined ? undefined : readPublicKey(/^[\w-]{43}$/.test(named) ? named : readText(io, named))

export const anchorsIn = (io: Io, file: string | undefined): Anchor[] =>
  file === undefined ? [] : readAnchors(readText(io, file))

function readText(io: Io, file: string): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new InvalidInput(`The file ${file} cannot be read.`, 'Name another file.', { cause: error })
  }
}

/** Writes a new file that only its owner can read, and never overwrites one. */
function writeNewFile(io: Io, file: string, text: string): void {
  try {
    writeFileSync(resolve(io.cwd, file), text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw new InvalidInput(`The file ${file} cannot be written.`, 'Name a new file.', { cause: error })
  }
}

/** Runs `work` without a data folder. An `IdentityError` is printed on stderr. */
async function withoutData(io: Io, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    io.stderr.write(`${error.message}\n${error.hint}\n`)
    io.exit(2)
  }
}
