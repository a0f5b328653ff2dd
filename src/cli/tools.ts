import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { tools } from '../tools/index.ts'
import { toWire } from '../tools/to-wire.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'

/** `identity-mcp tools`: the tools as agents see them, and the size of each in `tools/list`. */
export const toolsCommand = (io: Io): Command =>
  newCommand(io, 'tools', 'List the tools that agents see')
    .option('--json', 'as in tools/list')
    .action(({ json }: { json?: boolean }) => {
      const wire = tools.map(toWire)
      if (json) return print(io, toJson(wire, 2))
      for (const [index, tool] of tools.entries()) {
        const size = Buffer.byteLength(JSON.stringify(wire[index]))
        print(io, `${paint(io, 'bold', tool.name)}  ${paint(io, 'dim', `${tool.effect}, ${size} bytes`)}`)
        print(io, ...wrap(io, tool.description, '  '))
      }
    })
