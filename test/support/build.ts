import { execFileSync } from 'node:child_process'

/** Builds the program before the tests, because they start the built program. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
}
