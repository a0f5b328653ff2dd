import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Act } from './act.ts'

const ORIGINAL = '"by":"grace"'
const TAMPERED = '"by":"trace"'

export const journalWhole: Act = {
  title: 'A journal that shows every edit',
  about:
    'Each entry of the journal contains the hash of the entry before it, and the server remembers the last ' +
    'one. So an edit can be found.',

  async run({ home, makeHome, type }, screen) {
    const command = ['journal', 'verify']
    const verified = await type(home, command)
    screen.terminal(verified.command, verified.output)
    screen.check(
      verified.code === 0 && verified.output.startsWith('Intact: '),
      'Nothing was changed, removed or inserted.',
      verified,
    )
    await screen.pause(1)

    const copy = makeHome('copy', home.sandbox)
    cpSync(join(home.folder, 'data'), join(copy.folder, 'data'), { recursive: true })
    const line = changeOneLetter(join(copy.folder, 'data', 'journal.jsonl'))
    screen.say(
      `Now somebody wants to hide who approved. In a copy, one letter of line ${line} is changed: ${ORIGINAL} becomes ${TAMPERED}.`,
    )
    const tampered = await type(copy, command)
    screen.terminal(tampered.command, tampered.output)
    screen.check(
      tampered.code === 1 && tampered.output.startsWith(`Not intact: line ${line}, changed`),
      `Found: exactly line ${line}.`,
      tampered,
    )
  },
}

/** Changes the first entry with an approver. Returns its line number. */
function changeOneLetter(file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.includes(ORIGINAL))
  lines[at] = lines[at]?.replace(ORIGINAL, TAMPERED) ?? ''
  writeFileSync(file, lines.join('\n'))
  return at + 1
}
