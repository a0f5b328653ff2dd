import type { Io } from '../../app/io.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_U = '\u0015'
const BACKSPACE = ['\u0008', '\u007f']
const PASTE_MARKS = ['\u001b[200~', '\u001b[201~']
const MAX_LINE = 4096

/** A line that the terminal itself shows as it is typed. Undefined if there is none any more. */
export const readLine = (io: Pick<Io, 'stdin'>): Promise<string | undefined> => read(io)

/** A line that is not shown. Undefined if the person cancels, or where the terminal would show it. */
export async function readUnseenLine({ stdin, stdout }: Io): Promise<string | undefined> {
  if (stdin.setRawMode === undefined) return undefined
  stdin.setRawMode(true)
  try {
    const typed = await read({ stdin })
    return typed === undefined ? undefined : withoutErased(typed)
  } finally {
    stdin.setRawMode(false)
    stdout.write('\n')
  }
}

function read({ stdin }: Pick<Io, 'stdin'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = ''
    const end = (answer?: string) => {
      stdin.off('data', take).off('end', gone).pause()
      resolve(answer)
    }
    const gone = () => end()
    const take = (piece: Buffer | string) => {
      typed = PASTE_MARKS.reduce((text, mark) => text.replaceAll(mark, ''), typed + String(piece))
      if (typed.includes(CTRL_C) || typed.includes(CTRL_D) || typed.length > MAX_LINE) return end()
      const [line = '', ...more] = typed.split(/[\r\n]/)
      if (more.length > 0) end(line.trim())
    }
    stdin.on('data', take).once('end', gone).resume()
  })
}

/** What is left after the keys that erase: Backspace a character, Ctrl+U all of it. */
function withoutErased(typed: string): string {
  const kept: string[] = []
  for (const key of typed) {
    if (BACKSPACE.includes(key)) kept.pop()
    else if (key === CTRL_U) kept.length = 0
    else kept.push(key)
  }
  return kept.join('')
}
