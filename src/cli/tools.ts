import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { tools } from '../tools/index.ts'
import { toWire } from '../tools/to-wire.ts'
import { newCommand, paint, print, toJson, wrap } from './data.ts'

/** `identity-mcp tools`: what agents see, and what each tool costs them in bytes of `tools/list`. */
export const toolsCommand = (io: Io): Command =>
  newCommand(io, 'tools', 'list the tools that agents see')
    .option('--json', 'as tools/list sends them')
    .action(({ json }: { json?: boolean }) => {
      const wire = tools.map(toWire)
      if (json) return print(io, toJson(wire, 2))
      for (const [index, tool] of tools.entries()) {
        const size = Buffer.byteLength(JSON.stringify(wire[index]))
        print(io, `${paint(io, 'bold', tool.name)}  ${paint(io, 'dim', `${tool.effect}, ${size} bytes`)}`)
        print(io, ...wrap(io, tool.description, '  '))
      }
    })
