import { startApp } from './app.ts'
import { atMost, type Part } from './rows.ts'
import { prepareLaunch, startServer } from './servers.ts'

export const listSize: Part = async () => {
  await using app = await startApp()
  using launch = prepareLaunch(app)
  const client = await startServer(launch)
  const tools = await client.listTools()
  await client.close()
  const sizes = tools.map((tool) => ({ name: tool.name, bytes: Buffer.byteLength(JSON.stringify(tool)) }))
  const sum = Buffer.byteLength(JSON.stringify(tools))
  return {
    title: 'What tools/list costs an agent',
    how: 'The tools as a client gets them, as JSON, in bytes.',
    rows: [
      atMost(`Bytes per tool (${sum} for ${tools.length} tools)`, Math.round(sum / tools.length), 800),
      { what: 'Tool by tool', figure: sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ') },
    ],
  }
}
