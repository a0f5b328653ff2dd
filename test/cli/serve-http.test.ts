import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { serveHttp } from '../../src/app/serve-http.ts'
import { openSetup } from '../support/world.ts'
import { anIo } from './fake-io.ts'

test('a reload that comes before the server listens does not end it, and is heeded once it does', async () => {
  const place = await openSetup({ settings: { auth: 'none' } })
  const stderr = new PassThrough()
  const codes: number[] = []
  const io = anIo({
    env: place.env,
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    onReload: (reload) => reload(),
    untilStopped: async () => {},
    exit: (code) => void codes.push(code),
  })
  await serveHttp(io, { config: place.config }, { host: '127.0.0.1', port: 0 })
  stderr.end()
  const said = await text(stderr)
  await place.close()
  expect(said).toContain('serves MCP at')
  expect(said).toContain('settings reloaded')
  expect(codes).toEqual([])
})
