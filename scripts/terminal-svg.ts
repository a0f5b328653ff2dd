const COLUMNS = 80
const ROWS = 27
/** Pixels of one character, which `textLength` holds to in any font. */
const WIDTH = 8.4
const HEIGHT = 18
const MARGIN = 16
const TOP = 44

/** Select graphic rendition (ECMA-48) to the class of the style sheet below. */
const CLASSES: Record<string, string> = {
  1: 'bold',
  2: 'dim',
  31: 'red',
  32: 'green',
  33: 'yellow',
  35: 'magenta',
  36: 'cyan',
}
const OFF = new Set(['0', '22', '39'])

interface Run {
  column: number
  text: string
  style: string
}

/** The pieces of one line that look the same. */
function runsOf(line: string): Run[] {
  const runs: Run[] = []
  let style = ''
  let column = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal is told
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const [, code] = /^\u001b\[([\d;]*)m$/.exec(part) ?? []
    if (code !== undefined) style = OFF.has(code) ? '' : (CLASSES[code] ?? '')
    else {
      // Words apart, so that a font of another width does not shift them.
      for (const { index, 0: text } of part.matchAll(/\S+(?: \S+)*/g)) {
        runs.push({ column: column + index, text, style })
      }
      column += part.length
    }
  }
  return runs
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const px = (value: number): string => String(Math.round(value * 10) / 10)

function textOf(line: string, row: number): string {
  return runsOf(line)
    .map(({ column, text, style }) => {
      const named = style && ` class="${style}"`
      const length = text.length > 1 ? ` textLength="${px(text.length * WIDTH)}"` : ''
      return `<text x="${px(MARGIN + column * WIDTH)}" y="${row * HEIGHT}"${length}${named}>${escaped(text)}</text>`
    })
    .join('')
}

/** How long a line stays the last one, seconds: a person reads it. */
const secondsFor = (line: string): number => (line === '' ? 0.15 : line.includes('✓') ? 1.2 : 0.4)

/** The steps of the scrolling, once the first screen is full, as key frames in percent. */
function scrolling(lines: readonly string[]): { seconds: number; frames: string } {
  const first = 4
  const last = 4
  const times = lines.slice(ROWS).map(secondsFor)
  const seconds = first + times.reduce((sum, one) => sum + one, 0) + last
  let at = first
  const frames = times.map((time, index) => {
    const frame = `${((100 * at) / seconds).toFixed(2)}%{transform:translateY(${-(index + 1) * HEIGHT}px)}`
    at += time
    return frame
  })
  const end = `100%{transform:translateY(${-Math.max(0, lines.length - ROWS) * HEIGHT}px)}`
  return { seconds: Math.round(seconds), frames: ['0%{transform:none}', ...frames, end].join('') }
}

const palette = (colours: Record<string, string>): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')

const LIGHT = palette({
  paper: '#ffffff',
  edge: '#d0d7de',
  ink: '#1f2328',
  dim: '#59636e',
  red: '#cf222e',
  green: '#1a7f37',
  yellow: '#8a5a00',
  magenta: '#8250df',
  cyan: '#0a6c80',
})
const DARK = palette({
  paper: '#0d1117',
  edge: '#3d444d',
  ink: '#e6edf3',
  dim: '#9198a1',
  red: '#ff7b72',
  green: '#56d364',
  yellow: '#e3b341',
  magenta: '#d2a8ff',
  cyan: '#76e3ea',
})

/** The output of a program in a terminal, as an SVG that scrolls through it. It needs no font, script or file from elsewhere. */
export function terminalSvg(output: string, title: string): string {
  const lines = output.trimEnd().split('\n')
  const { seconds, frames } = scrolling(lines)
  const width = Math.ceil(2 * MARGIN + COLUMNS * WIDTH)
  const height = TOP + ROWS * HEIGHT + MARGIN
  const coloured = Object.values(CLASSES)
    .filter((name) => name !== 'bold')
    .map((name) => `.${name}{fill:var(--${name})}`)
  const style = [
    `svg{${LIGHT}}`,
    `@media(prefers-color-scheme:dark){svg{${DARK}}}`,
    'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}',
    ...coloured,
    '.bold{font-weight:bold}',
    `.story{animation:scroll ${seconds}s step-end infinite}`,
    `@keyframes scroll{${frames}}`,
    '@media(prefers-reduced-motion:reduce){.story{animation:none}}',
  ]
  const rows = lines.map((line, at) => textOf(line, at + 1)).filter((text) => text !== '')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}: its output in a terminal">
<style>${style.join('\n')}</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="var(--paper)" stroke="var(--edge)"/>
<circle cx="20" cy="18" r="5" fill="var(--edge)"/><circle cx="36" cy="18" r="5" fill="var(--edge)"/><circle cx="52" cy="18" r="5" fill="var(--edge)"/>
<text x="72" y="23" class="dim">$ ${escaped(title)}</text>
<clipPath id="screen"><rect x="0" y="${TOP - 4}" width="${width}" height="${ROWS * HEIGHT}"/></clipPath>
<g clip-path="url(#screen)"><g transform="translate(0 ${TOP - 8})"><g class="story">
${rows.join('\n')}
</g></g></g>
</svg>
`
}
