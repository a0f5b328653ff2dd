// Asks every address on the web that the pages of this repository link to; exit code 1 if one is gone.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const AT_ONCE = 8
const PATIENCE_MS = 20_000
const GONE = new Set([404, 410])

/** A page without what stands there as code. */
export const withoutCode = (text: string): string =>
  text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '')

/** The addresses that a page links to, and the pictures that it shows. */
export const linksIn = (page: string): string[] =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"|<(https?:[^>\s]+)>/g)].map(
    ([, link, source, bare]) => link ?? source ?? bare ?? '',
  )

/** What became of an address: undefined while it is there, or as long as a site merely keeps programs out. */
async function problemOf(url: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const reply = await fetch(url, { signal, headers: { accept: 'text/html,*/*' } })
    await reply.body?.cancel()
    return GONE.has(reply.status) ? `it answers ${reply.status}` : undefined
  } catch (error) {
    const { cause } = error as Error
    return `it does not answer: ${cause instanceof Error ? cause.message : error}`
  }
}

/** Which of these addresses are gone, with the reason. */
export async function gone(urls: readonly string[]): Promise<{ url: string; problem: string }[]> {
  const waiting = [...new Set(urls)]
  const found: { url: string; problem: string }[] = []
  const worker = async () => {
    for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
      const problem = await problemOf(url)
      if (problem !== undefined) found.push({ url, problem })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return found
}

async function checkPages(): Promise<void> {
  const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n')
  const urls = pages
    .flatMap((page) => linksIn(readFileSync(page, 'utf8')))
    .filter((link) => /^https?:/.test(link))
  const dead = await gone(urls)
  for (const { url, problem } of dead) process.stdout.write(`${url}: ${problem}\n`)
  process.stdout.write(`${new Set(urls).size} addresses, ${dead.length} gone\n`)
  if (dead.length > 0) process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await checkPages()
