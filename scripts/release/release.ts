import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nextVersion, releaseTexts } from './versions.ts'

/** Runs a command in the folder of the repository; answers with its output, and throws if it fails. */
export type Run = (command: string, ...words: string[]) => string

export interface ReleaseOptions {
  root: string
  wanted: string
  dryRun: boolean
  run: Run
  say: (line: string) => void
  now?: Date
}

const OUT = 'release'

/**
 * Makes a release: version numbers, changelog, package, bundle, image, commit and tag. Nothing leaves this machine; the
 * workflow publishes what is tagged. If a step fails, the files are as they were. A dry run checks and says it all, and
 * changes nothing.
 */
export function release({ root, wanted, dryRun, run, say, now = new Date() }: ReleaseOptions): string {
  const read = (file: string) => readFileSync(join(root, file), 'utf8')
  const { name, version: current } = JSON.parse(read('package.json')) as { name: string; version: string }
  const version = nextVersion(current, wanted)
  const tag = `v${version}`
  const texts = releaseTexts(read, version, now.toISOString().slice(0, 10))
  const files = [...texts.keys()]
  const isLeft = (problem: string) => {
    if (!dryRun) throw new Error(problem)
    say(`would stop: ${problem}`)
  }
  if (run('git', 'tag', '--list', tag).trim() !== '') isLeft(`the tag ${tag} exists`)
  if (run('git', 'status', '--porcelain').trim() !== '') isLeft('there are changes that are not committed')

  const steps: [what: string, step: () => void][] = [
    ['pack', () => run('npm', 'pack', '--pack-destination', OUT)],
    ['build the MCPB bundle', () => run('npm', 'run', '-s', 'mcpb', '--', `${OUT}/${name}-${version}.mcpb`)],
    ...(hasDocker(run)
      ? [
          ['build the image', () => run('docker', 'build', '--tag', `${name}:${version}`, '.')] as [
            string,
            () => void,
          ],
        ]
      : []),
    ['commit', () => run('git', 'commit', '--quiet', '--message', `Release ${version}`, '--', ...files)],
    ['tag', () => run('git', 'tag', '--annotate', '--message', `${name} ${version}`, tag)],
  ]
  say(`${current} → ${version} in ${files.join(', ')}`)
  if (dryRun) {
    for (const [what] of steps) say(`would ${what}`)
    return version
  }
  const before = run('git', 'rev-parse', 'HEAD').trim()
  try {
    for (const [file, text] of texts) writeFileSync(join(root, file), text)
    run('mkdir', '-p', OUT)
    for (const [what, step] of steps) {
      say(what)
      step()
    }
  } catch (error) {
    // The tree was clean, so this takes back nothing but the release.
    run('git', 'reset', '--quiet', '--soft', before)
    run('git', 'restore', '--staged', '--worktree', '--', ...files)
    throw error
  }
  say(`Look at it, then: git push origin HEAD ${tag}`)
  return version
}

function hasDocker(run: Run): boolean {
  try {
    run('docker', 'version')
    return true
  } catch {
    // Not installed, or nothing answers: the workflow builds the image.
    return false
  }
}
