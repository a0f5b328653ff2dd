import { applyEdits, type JSONPath, modify, parse } from 'jsonc-parser'

/** Where the version number stands: the file, and the place in it. */
const PLACES: readonly (readonly [file: string, path: JSONPath])[] = [
  ['package.json', ['version']],
  ['package-lock.json', ['version']],
  ['package-lock.json', ['packages', '', 'version']],
  ['server.json', ['version']],
  ['server.json', ['packages', 0, 'version']],
  ['mcpb/manifest.json', ['version']],
  ['plugin/.claude-plugin/plugin.json', ['version']],
  ['.claude-plugin/marketplace.json', ['plugins', 0, 'version']],
]
/** Where it stands in other texts: behind these words. */
const BEHIND: readonly (readonly [file: string, words: string])[] = [
  ['plugin/.mcp.json', 'identity-mcp-server@'],
  ['deploy/kubernetes.yaml', '/identity-mcp:'],
  ['examples/private-vendor/package.json', '"identity-mcp-server": "^'],
]
const CHANGELOG = 'CHANGELOG.md'

export type Read = (file: string) => string

/** Every file that a release changes, with its new text. Throws where there is nothing to release. */
export function releaseTexts(read: Read, version: string, day: string): Map<string, string> {
  const texts = new Map<string, string>()
  const put = (file: string, path: JSONPath, value: string) => {
    const text = texts.get(file) ?? read(file)
    if (valueAt(text, path) === undefined) throw new Error(`${file} has no ${path.join('.')}`)
    texts.set(file, applyEdits(text, modify(text, path, value, {})))
  }
  for (const [file, path] of PLACES) put(file, [...path], version)
  const { version: current } = parse(read('package.json')) as { version: string }
  for (const [file, words] of BEHIND) {
    const text = read(file)
    if (!text.includes(words + current)) throw new Error(`${file} does not name ${words}${current}`)
    texts.set(file, text.replaceAll(words + current, words + version))
  }
  texts.set(CHANGELOG, withSection(read(CHANGELOG), version, day))
  return texts
}

const valueAt = (text: string, path: JSONPath): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | undefined)?.[key],
    parse(text),
  )

/** The changelog, with what was unreleased under the version, and nothing unreleased. */
export function withSection(changelog: string, version: string, day: string): string {
  const [before = '', rest] = changelog.split(/(?<=^## Unreleased\n)/m)
  const [unreleased = '', ...after] = (rest ?? '').split(/(?=^## )/m)
  if (rest === undefined) throw new Error(`${CHANGELOG} has no section Unreleased`)
  if (unreleased.trim() === '') throw new Error(`${CHANGELOG} says of nothing that it is unreleased`)
  if (changelog.includes(`\n## ${version} `)) throw new Error(`${CHANGELOG} has ${version} already`)
  return `${before}\n## ${version} - ${day}\n${unreleased}${after.join('')}`
}

const SEMVER = /^(\d+)\.(\d+)\.(\d+)$/

/** The version that follows: `patch`, `minor` and `major` of the current one, or a later one as given. */
export function nextVersion(current: string, wanted: string): string {
  const [major = 0, minor = 0, patch = 0] = numbersOf(current)
  if (wanted === 'major') return `${major + 1}.0.0`
  if (wanted === 'minor') return `${major}.${minor + 1}.0`
  if (wanted === 'patch') return `${major}.${minor}.${patch + 1}`
  const [first = 0, second = 0, third = 0] = numbersOf(wanted)
  const difference = first - major || second - minor || third - patch
  if (difference <= 0) throw new Error(`${wanted} does not come after ${current}`)
  return wanted
}

function numbersOf(version: string): number[] {
  const parts = SEMVER.exec(version)
  if (!parts) throw new Error(`${version} is no version such as 1.2.3`)
  return parts.slice(1).map(Number)
}
