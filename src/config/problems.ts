import type * as z from 'zod'

/** Invalid settings: all problems in one message, each with its key. */
export class SettingsError extends Error {
  constructor(where: string, problems: readonly string[]) {
    super(
      problems.length === 1
        ? `${where}: ${problems[0]}`
        : `${where} has ${problems.length} problems:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
    this.name = 'SettingsError'
  }
}

const isNested = ({ code, path }: z.core.$ZodIssue) =>
  path.length > 0 || code === 'unrecognized_keys' || code === 'custom'

/** What is wrong, in a line for each thing, with its key. */
export function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String)
  if (issue.code === 'invalid_union') {
    // Report the problems of the intended alternative: the one whose top level matches.
    const intended = issue.errors.find((issues) => issues.every(isNested))
    if (intended)
      return intended.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }))
  }
  const problemAt = (path: readonly string[], message: string) =>
    `${path.join('.') || 'the file'}: ${message}`
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => problemAt([...at, key], 'unknown key'))
  if (issue.message.endsWith('received undefined')) return [problemAt(at, 'is missing')]
  return [problemAt(at, issue.message.replace(/^Invalid (input|option): /, ''))]
}
