import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXPORT_FORMATS, formatOf } from '../../../src/cli/audit/formats.ts'
import { fileSink } from '../../../src/cli/audit/sinks.ts'
import type { AuditEvent } from '../../../src/domain/account.ts'

const CHANGED: AuditEvent = {
  id: 'snapshot-1',
  time: '2026-03-01T12:00:00.000Z',
  action: 'changed',
  target: 'ada@example.com',
  detail: 'department: Sales → Legal',
  notBefore: '2026-03-01T06:00:00.000Z',
  source: 'snapshot',
}
const ORIGIN = { tenant: 'acme-scim', product: 'SCIM 2.0' }

test.each(EXPORT_FORMATS)('%s tells what changed, and since when a snapshot does not know it', (name) => {
  const line = formatOf(name, ORIGIN).line(CHANGED)
  expect(line).toContain(CHANGED.detail)
  expect(line).toContain(CHANGED.notBefore)
})

test('a file with other columns is not gone on with', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'identity-mcp-')), 'events.csv')
  const before = 'source,id,time\r\napp,1,2026-03-01T12:00:00.000Z\r\n'
  await writeFile(path, before)
  const going = fileSink(path, { format: formatOf('csv', ORIGIN), hasPlace: true })
  await expect(going).rejects.toThrow('That file has other columns.')
  expect(await readFile(path, 'utf8')).toBe(before)
})
