import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Act } from './act.ts'

const WAS = '"by":"grace"'
const NOW = '"by":"trace"'

export const journalWhole: Act = {
  title: 'A journal that nobody edits quietly',
  about:
    'Each entry of the journal carries the hash of the entry before it, and the server remembers the last ' +
    'one. So anybody can have it checked.',

  async run({ home, makeHome, type }, screen) {
    const command = ['journal', 'verify']
    const verified = await type(home, command)
    screen.terminal(verified.command, verified.output)
    screen.check(
      verified.code === 0 && verified.output.startsWith('Whole: '),
      'Nothing was changed, removed or put in.',
      verified,
    )
    await screen.pause(1)

    const copy = makeHome('copy', home.sandbox)
    cpSync(join(home.folder, 'data'), join(copy.folder, 'data'), { recursive: true })
    const line = changeOneLetter(join(copy.folder, 'data', 'journal.jsonl'))
    screen.say(
      `Now somebody wants to hide who approved. In a copy, one letter of line ${line} is changed: ${WAS} becomes ${NOW}.`,
    )
    const tampered = await type(copy, command)
    screen.terminal(tampered.command, tampered.output)
    screen.check(
      tampered.code === 1 && tampered.output.startsWith(`Not whole: line ${line}, changed`),
      `Found out: line ${line}, the very one.`,
      tampered,
    )
  },
}

/** Changes the first entry that says who approved; the number of its line. */
function changeOneLetter(file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.includes(WAS))
  lines[at] = lines[at]?.replace(WAS, NOW) ?? ''
  writeFileSync(file, lines.join('\n'))
  return at + 1
}
