import { startApp } from './app.ts'
import { atMost, type Part } from './rows.ts'
import { placeFor, startServer } from './servers.ts'

const MOST = 700

export const listSize: Part = async () => {
  await using app = await startApp()
  using place = placeFor(app)
  const client = await startServer(place)
  const tools = await client.listTools()
  await client.close()
  const sizes = tools.map((tool) => ({ name: tool.name, bytes: Buffer.byteLength(JSON.stringify(tool)) }))
  const sum = sizes.reduce((total, { bytes }) => total + bytes, 0)
  const largest = Math.max(...sizes.map(({ bytes }) => bytes))
  return {
    title: 'What tools/list costs an agent',
    how: 'Bytes of each tool as a client gets it, as JSON.',
    rows: [
      atMost(
        `Bytes a tool, on average (${sum} for ${tools.length} tools)`,
        Math.round(sum / tools.length),
        MOST,
      ),
      atMost(`The largest (${sizes.find(({ bytes }) => bytes === largest)?.name})`, largest, MOST),
      { what: 'Tool by tool', figure: sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ') },
    ],
  }
}
