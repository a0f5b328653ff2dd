import {
  type McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import * as z from 'zod'
import type { callsOf } from '../auth/principal.ts'
import type { dispatcher } from '../engine/dispatch.ts'
import type { Tool } from '../engine/tool.ts'
import { InvalidInput, NotFound } from '../errors.ts'
import type { Reply } from '../guards/call.ts'
import type { Log } from '../log.ts'
import { type RunTask, runTask } from '../tools/run-task.ts'
import { answerResult, errorBody } from './answers.ts'
import { type ClientTraits, clientOf } from './elicit.ts'

/** The Tasks extension (SEP-2663): a run that outlasts its call is a task, which the client asks about. */
const TASKS = 'io.modelcontextprotocol/tasks'

/** What serves the tasks of one connection: calls like any other, under the same guards. */
interface TaskParts {
  mcp: McpServer
  tools: readonly Tool[]
  log: Log
  newCall: ReturnType<typeof callsOf>
  dispatch: ReturnType<typeof dispatcher>
  /** Runs `runTask`, which is not among the tools. */
  lookAtTask: ReturnType<typeof dispatcher>
}

const Named = z.object({ taskId: z.string() })

/** Answers what clients ask about tasks. */
export function registerTasks(parts: TaskParts): void {
  const { server } = parts.mcp
  server.registerCapabilities({ extensions: { [TASKS]: {} } })
  server.setRequestHandler('tasks/get', { params: Named }, async ({ taskId }, context) => {
    mustSpeak(parts, context)
    const task = await look(parts, taskId, context)
    return { ...shown(taskId, task), ...(task.status === 'completed' && { result: resultOf(task, parts) }) }
  })
  server.setRequestHandler('tasks/cancel', { params: Named }, async ({ taskId }, context) => {
    mustSpeak(parts, context)
    await cancel(parts, taskId, context)
    return {}
  })
  // A run asks for nothing on its way, so there is nothing to answer: what comes is ignored, as the extension says.
  server.setRequestHandler('tasks/update', { params: Named }, async ({ taskId }, context) => {
    mustSpeak(parts, context)
    await look(parts, taskId, context)
    return {}
  })
}

/** What an answer says whose run goes on. */
const GOES_ON = ['running', 'scheduled', 'paused']

/** The task that a client of the extension is given instead of an answer whose run goes on outside of the call. */
export async function taskFor(
  reply: Reply,
  client: ClientTraits,
  context: ServerContext,
  parts: TaskParts,
): Promise<{ resultType: 'task' } | undefined> {
  if (client.extension(TASKS) === undefined || 'question' in reply) return undefined
  const { runId, status } = reply.answer
  if (typeof runId !== 'string' || !GOES_ON.includes(String(status))) return undefined
  // The run has begun: whatever is the matter with the look at it, the call has its answer.
  const task = await look(parts, runId, context).catch(() => undefined)
  return task?.status === 'working' ? { resultType: 'task', ...shown(runId, task) } : undefined
}

function mustSpeak({ mcp }: TaskParts, context: ServerContext): void {
  if (clientOf(mcp, context).extension(TASKS) !== undefined) return
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } })
}

const look = async (parts: TaskParts, runId: string, context: ServerContext): Promise<Looked> =>
  // Declared by the schema of the tool.
  (await asCall(parts, runTask, { runId }, context)) as unknown as Looked
type Looked = RunTask & { untrusted?: string }

async function cancel(parts: TaskParts, runId: string, context: ServerContext): Promise<void> {
  const tool = parts.tools.find(({ name }) => name === 'cancel_run')
  if (!tool) throw new TypeError('there is no tool that cancels a run')
  await asCall(parts, tool, { runId, reason: 'The client cancelled the task.' }, context)
}

/** A call that stands behind a request of the extension. */
async function asCall(parts: TaskParts, tool: Tool, input: object, context: ServerContext) {
  const { mcp, newCall, log } = parts
  const { signal } = context.mcpReq
  const call = newCall({ tool, input, client: clientOf(mcp, context).name, canAsk: false, signal })
  try {
    const reply = await (tool === runTask ? parts.lookAtTask(call) : parts.dispatch(call))
    if ('question' in reply) throw new TypeError(`${tool.name} asks nothing`)
    return reply.answer
  } catch (error) {
    const { message, hint, reference } = errorBody(error, call, log)
    const { InvalidParams, InternalError } = ProtocolErrorCode
    const isUnknown = error instanceof NotFound || error instanceof InvalidInput
    throw new ProtocolError(isUnknown ? InvalidParams : InternalError, `${message} ${hint} (${reference})`)
  }
}

const shown = (taskId: string, { status, message, createdAt, updatedAt, ttlMs, pollMs }: RunTask) => ({
  ...{ taskId, status, statusMessage: message, createdAt, lastUpdatedAt: updatedAt },
  ...{ ttlMs, pollIntervalMs: pollMs },
})

/** What the call that asked for the run would answer now, as whole as a result of this revision is. */
function resultOf({ untrusted, tool, answer }: Looked, { tools }: TaskParts) {
  const told =
    tools
      .find(({ name }) => name === tool)
      ?.output()
      .parse(answer) ?? answer
  const result = answerResult({
    ...(untrusted !== undefined && { untrusted }),
    ...(told as Record<string, unknown>),
  })
  return { resultType: 'complete', ...result }
}
