import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
/** Whether the tests must not pass for want of a part of the machine. */
const full = process.env.IDENTITY_MCP_FULL === '1'

/** Whether tests in a browser are left out: where there is none, unless everything is asked for. */
export const noChromium = !existsSync(executablePath) && !full

/** A headless Chromium with a profile of its own, that speaks to nobody unasked. */
export const startChromium = () =>
  chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
