import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Act } from './act.ts'

const WAS = '"by":"grace"'
const NOW = '"by":"trace"'

export const journalWhole: Act = {
  title: 'A journal that nobody edits quietly',
  about:
    'Every entry of the journal is chained to the one before it, and the server remembers the last. So anybody can ' +
    'have it checked. Then somebody changes one letter, in a copy, to hide who approved.',

  async run({ home, makeHome, type }, screen) {
    const verified = await type(home, ['journal', 'verify'])
    screen.terminal(verified.command, verified.output)
    screen.check(
      verified.code === 0 && verified.output.startsWith('Whole: '),
      'The journal is whole.',
      verified,
    )

    const copy = makeHome('copy', home.sandbox)
    cpSync(join(home.folder, 'data'), join(copy.folder, 'data'), { recursive: true })
    const file = join(copy.folder, 'data', 'journal.jsonl')
    const lines = readFileSync(file, 'utf8').split('\n')
    const at = lines.findIndex((line) => line.includes(WAS))
    writeFileSync(file, lines.map((line, place) => (place === at ? line.replace(WAS, NOW) : line)).join('\n'))

    screen.say(`Line ${at + 1} of the copy said ${WAS}, and now says ${NOW}:`)
    const tampered = await type(copy, ['journal', 'verify'])
    screen.terminal(tampered.command, tampered.output)
    screen.check(
      tampered.code === 1 && tampered.output.startsWith(`Not whole: line ${at + 1}, changed`),
      `Found: line ${at + 1}.`,
      tampered,
    )
  },
}
