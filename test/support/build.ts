import { execFileSync } from 'node:child_process'

/** Tests that start the program start what was built, so it is built anew before them. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
}
