/**
 * Words by which a text would tell an agent how to get round what stopped it: settings that weaken a guard, switches of
 * the command line, variables of the environment, and advice to do the same thing otherwise.
 */
const TELLING: readonly RegExp[] = [
  /\bconfirm\.?(removes|bulk|deletes|admins|changes|adds)?`?\s*(to|=|:|in the settings)/i,
  /\b(readOnly|allowWrites|allowDelete|superAdminWrites|permissionBundleOverwrite|dryRun|verifyAfterWrite)\b/,
  /\b(removesPerHour|changesPerHour|limits\.|protected (list|patterns|setting))/i,
  /\bset\b[^.]*\b(to|as)\b[^.]*\b(none|false|off|true|ask)\b/i,
  /--(read-only|config|no|force|yes|skip|allow|unsafe)\b/i,
  /\b[A-Z]+_[A-Z_]+\b(?<!\b(GU|GSOBJ)_[A-Z_]*)/,
  /\b(environment variable|identity-mcp\.json|settings file|config(uration)? file)\b/i,
  /\b(disable|turn off|switch off|bypass|work ?around|get round|circumvent|skip)\b/i,
  /\b(another|different) (client|tool|tenant|user name)\b.*\binstead\b/i,
  /\bapprovers add\b/i,
  /\b(sudo|as root|chmod|delete the (journal|store|state))\b/i,
]

/** Those in a text of ours; what stands in quotes is what the caller itself has said. */
export const tellingWords = (text: string): string[] =>
  TELLING.flatMap((word) => word.exec(text.replace(/"[^"]*"/g, '…'))?.[0] ?? [])
