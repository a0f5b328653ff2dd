import { sameApps } from './same-app.ts'

/** What is allowed in settings, and whoever runs the server should know; in sentences. */
export const notesOn = (
  raw: unknown,
  { tenants }: { tenants: Readonly<Record<string, { url: string }>> },
): string[] => [
  ...sameApps(tenants)
    .filter((names) => names.length > 1)
    .map(
      (names) =>
        `${listed(names)} lead to the same app: limits, the brake and protected accounts hold for all of them.`,
    ),
  ...laterKeys(raw),
]

const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** Keys of `confirm` that settings from before them cannot have. */
function laterKeys(raw: unknown): string[] {
  const { confirm } = (raw ?? {}) as { confirm?: unknown }
  if (typeof confirm !== 'object' || confirm === null) return []
  const lacking = ['gives', 'logins'].filter((key) => !Object.hasOwn(confirm, key))
  const covered = Object.hasOwn(confirm, 'adds') || Object.hasOwn(confirm, 'changes')
  return lacking.length > 0 && covered
    ? [
        `confirm does not say ${lacking.join(' and ')}, which are asked about by default: reactivations, members, roles and ` +
          `logins. Write ${lacking.map((key) => `"${key}": "none"`).join(' and ')} to have nobody asked.`,
      ]
    : []
}
