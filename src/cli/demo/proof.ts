import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Act } from './act.ts'

const VERIFIER = 'docs/verify-proof.mjs'
const ORIGINAL = '"by":"grace"'
const TAMPERED = '"by":"trace"'

export const proof: Act = {
  title: 'A proof for somebody who trusts nobody here',
  about:
    'Each entry of the journal has the hash of the one before it, and the end is signed. An auditor needs one file, ' +
    `the public key, and ${VERIFIER}: fifty lines that share no code with the server.`,

  async run({ home, type, runProgram, story }, screen) {
    const made = await type(home, ['journal', 'keygen', 'anchor.pem'])
    const [publicKey = ''] = made.output.split('\n')
    const words = ['journal', 'prove', story.approvalId, '--signing-key', 'anchor.pem', '--out', 'proof.json']
    const proved = await type(home, words)
    screen.terminal(proved.command, '(writes proof.json)')
    screen.check(made.code === 0 && proved.code === 0, 'The file has the request, the yes and each change.', {
      made: made.output,
      proved,
    })
    const checked = await runProgram(home, VERIFIER, ['proof.json', publicKey])
    screen.terminal(checked.command, checked.output)
    const expected = ['offboard', 'approved', 'grace', 'endSessions', 'acme-okta', 'acme-scim', 'VALID: ']
    screen.check(
      checked.code === 0 && expected.every((word) => checked.output.includes(word)),
      'The second verifier agrees.',
      checked,
    )
    await screen.pause(1)

    const text = readFileSync(join(home.folder, 'proof.json'), 'utf8')
    writeFileSync(join(home.folder, 'forged.json'), text.replace(ORIGINAL, TAMPERED))
    screen.say('Now somebody wants to hide who agreed, and changes one letter: grace becomes trace.')
    const forged = await runProgram(home, VERIFIER, ['forged.json', publicKey])
    screen.terminal(forged.command, forged.output.trimEnd().split('\n').at(-1) ?? '')
    screen.check(
      text.includes(ORIGINAL) && forged.code === 1 && /NOT VALID\. Entry \d+ was changed/.test(forged.output),
      'Found, with the number of the entry.',
      forged,
    )
  },
}
