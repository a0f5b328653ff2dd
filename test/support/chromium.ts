import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
/** Whether a missing part of the machine must fail the tests. */
const full = process.env.IDENTITY_MCP_FULL === '1'

/** Whether to skip the browser tests: if there is no browser, unless the full run is requested. */
export const noChromium = !existsSync(executablePath) && !full

/** A headless Chromium with a fresh profile and no background network traffic. */
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
