import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Stands in for `secret-tool`: keeps secrets in files of `folder`, and the arguments of each call in `calls`. */
const SECRET_TOOL = `#!/bin/sh
folder="$KEYRING"
echo "$*" >> "$folder/calls"
for last in "$@"; do :; done
case "$1" in
  store) cat > "$folder/secrets/$last" ;;
  lookup) [ -f "$folder/secrets/$last" ] && cat "$folder/secrets/$last" ;;
  clear) rm "$folder/secrets/$last" 2> /dev/null ;;
esac
`

/** The environment of somebody with a keyring. */
export function fakeKeyring(folder: string): { PATH: string; KEYRING: string } {
  for (const name of ['bin', 'secrets']) mkdirSync(join(folder, name), { recursive: true })
  const program = join(folder, 'bin', 'secret-tool')
  writeFileSync(program, SECRET_TOOL)
  chmodSync(program, 0o755)
  return { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, KEYRING: folder }
}
