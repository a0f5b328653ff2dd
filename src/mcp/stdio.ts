import type { Readable, Writable } from 'node:stream'
import type { McpServerFactory } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'

/** Serves MCP over two streams until the client closes its end, or `stopped` resolves. */
export async function overStdio(
  factory: McpServerFactory,
  stdin: Readable,
  stdout: Writable,
  stopped: Promise<void>,
  onProblem: (error: Error) => void,
): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    stdin.once('end', resolve)
    stdin.once('close', resolve)
    // The client is gone when writing to it fails.
    stdout.once('error', () => resolve())
    stdout.once('close', resolve)
  })
  const serving = serveStdio(factory, {
    transport: new StdioServerTransport(stdin, stdout),
    onerror: onProblem,
  })
  await Promise.race([ended, stopped])
  await serving.close()
}
