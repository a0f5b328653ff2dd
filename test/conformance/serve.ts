// Serves what the conformance suite asks for over the same stack as the product, on the port named as argument.
import { McpServer } from '@modelcontextprotocol/server'
import { openApiTokens } from '../../src/auth/api-tokens.ts'
import { authentication } from '../../src/auth/authenticate.ts'
import { prometheus } from '../../src/http/metrics.ts'
import { startHttpServer } from '../../src/http/server.ts'
import { logTo } from '../../src/log.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { offerAnswers } from './answers.ts'
import { codec, offerQuestions } from './questions.ts'

const log = logTo(process.stderr, 'error')
const authenticate = await authentication('none', openApiTokens(memoryStore()))

const door = await startHttpServer(
  { host: '127.0.0.1', port: Number(process.argv[2] ?? 0), metrics: prometheus(), log },
  (address) => {
    process.stderr.write(`serving at ${address}/mcp\n`)
    return {
      hosts: ['localhost', '127.0.0.1', '[::1]'],
      origins: [],
      proxied: false,
      scopes: [],
      authenticate,
      factory: () => {
        const mcp = new McpServer(
          { name: 'conformance', version: '1.0.0' },
          {
            capabilities: {
              tools: {},
              resources: { subscribe: true },
              prompts: {},
              logging: {},
              completions: {},
            },
            requestState: { verify: codec.verify },
          },
        )
        offerAnswers(mcp)
        offerQuestions(mcp)
        return mcp
      },
      card: {},
      ready: async () => true,
      page: (_, response) => response.writeHead(404).end(),
      log,
    }
  },
)
process.once('SIGTERM', () => void door.close())
