// Checks a proof of the journal with nothing but Node: node verify-proof.mjs PROOF.json PUBLIC_KEY
// It shares no code with the server. The public key comes from whoever runs `identity-mcp journal keygen`.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [, , file = '', publicKey = ''] = process.argv
const { about, anchor, lines } = JSON.parse(readFileSync(file, 'utf8'))
const problems = []

/** JSON with sorted keys and without spaces: the text that was hashed. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${members.join(',')}}`
}

// Each entry has the hash of its own text, and of the entry before it.
let before
for (const { hash, ...entry } of lines) {
  const computed = createHash('sha256').update(canonical(entry)).digest('hex')
  if (computed !== hash) problems.push(`Entry ${entry.seq} was changed after it was written.`)
  const follows = !before || (entry.prev === before.hash && entry.seq === before.seq + 1)
  if (!follows) problems.push(`Entry ${entry.seq} does not follow the one before it.`)
  before = { seq: entry.seq, hash }
}

// The last entry is the one that was signed, with the key of the person who asked for this check.
const { signature = '', ...anchored } = anchor
if (before?.hash !== anchor.hash || before.seq !== anchor.seq) problems.push('It does not end at its anchor.')
const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
const signed = canonical({ is: 'identity-mcp journal anchor', ...anchored })
if (!verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64url')))
  problems.push('The anchor is not signed with this key.')

// What it tells: the calls that it is about, and those that asked for or used the same approval.
const namesOf = ({ call, approval }) => [call, approval?.id].filter((name) => name !== undefined)
const names = new Set(about)
for (let before = 0; before < names.size; ) {
  before = names.size
  for (const line of lines) if (namesOf(line).some((name) => names.has(name))) namesOf(line).map((name) => names.add(name))
}
for (const { at, event, tool, caller, account, approval, before, call } of lines) {
  if (!names.has(call)) continue
  const about = account ? `${account.userName} in ${account.tenant}` : `by ${caller}`
  const what = [before?.operation ?? tool, event === 'approved' ? `by ${approval.by}` : about]
  console.log([at.slice(0, 19), event.padEnd(8), what.join(' ')].join('  '))
}
console.log(problems.length ? `NOT VALID. ${problems.join(' ')}` : `VALID: ${lines.length} entries, all as signed.`)
process.exitCode = problems.length ? 1 : 0
