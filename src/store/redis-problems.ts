import { IdentityError, Unavailable } from '../errors.ts'

/** Why a Redis does not serve us, and what the person who runs the server can do about it. */
interface RedisProblem {
  problem: string
  remedy: string
}

/** Says that a connection ended before it could be used, which has no error of its own. */
export const CLOSED_BY_SERVER = 'closed by the server'

// The first that fits: what a reply says comes before what its connection says.
const PROBLEMS: readonly (readonly [sign: RegExp, problem: string, remedy: string])[] = [
  [
    /WRONGPASS|NOAUTH/,
    'its user name or password is wrong or missing',
    'correct the address that `store` refers to',
  ],
  // In scripts, each version words it in its own way.
  [
    /NOPERM|ACL failure|executing the script can't/,
    'its user lacks permissions',
    'give it those in docs/store.md',
  ],
  [
    /DENIED/,
    'it is in protected mode',
    'give it a password, and put that into the address that `store` refers to',
  ],
  [/DB index/, 'it has no database with that number', 'correct the number at the end of `store`'],
  [/READONLY|MASTERDOWN/, 'it is a read-only replica', 'let `store` name the primary, or its Sentinels'],
  [/NOREPLICAS/, 'too few of its replicas are connected', 'start them, or lower its min-replicas-to-write'],
  [/OOM/, 'its memory is full', 'raise its maxmemory, or remove the data of others'],
  [/MISCONF/, 'it cannot write to its disk', 'free space there'],
  [/LOADING/, 'it is still loading its data', 'wait until it has started'],
  [/BUSY/, 'a script of somebody else blocks it', 'wait for that script, or end it with SCRIPT KILL'],
  [/max number of clients/, 'it has too many connections', 'raise its maxclients'],
  [/CLUSTERDOWN/, 'its cluster is down', 'look at CLUSTER INFO'],
  [/MOVED|CROSSSLOT/, 'it is a node of a Redis Cluster', 'write `store` as redis+cluster://'],
  [/cluster support disabled/, 'it is not a node of a Redis Cluster', 'write `store` as redis://'],
  [/invalid reply/, 'its Sentinels do not know a primary of that name', 'correct the name in `store`'],
  [
    /unknown (sub)?command/i,
    'it lacks commands that are needed',
    'use Redis 6.2 or later; if it is a Sentinel, write `store` as redis+sentinel://',
  ],
  [
    /RESP|Protocol error/,
    'the server at its address is not Redis, or speaks TLS only',
    'correct `store`, or write rediss://',
  ],
  [/ALTNAME/, 'its certificate is for another host name', 'use the name in its certificate'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET/, 'its certificate is not valid now', 'renew the certificate'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO/,
    'the authority of its certificate is not trusted',
    'trust it with the setting `ca`',
  ],
  [/ERR_SSL|ERR_TLS|EPROTO/, 'it does not speak TLS at that port', 'write redis://, or name its TLS port'],
  [/ECONNREFUSED/, 'nothing listens at its address', 'start it, or correct `store`'],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name was not found', 'correct `store`, or the name service'],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|[Tt]imed out/,
    'it did not answer in time',
    'look at its load, at the network, and at whether its port speaks TLS just as `store` says',
  ],
  [
    /closed by the server/,
    'it closes every connection',
    'write rediss:// if it speaks TLS only, and look at its log',
  ],
]

/** Signs of what may be over in a moment. Whatever else keeps a connection from getting ready, waiting does not help. */
const PASSING = /LOADING|MASTERDOWN|CLUSTERDOWN|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UNREACH|imed out|closed/

/** An error of Redis without its command, whose arguments can be a password or an entry of the journal. */
class RedisError extends Error {
  override readonly name = 'RedisError'
}

/** Our error for whatever a command or a connection failed with. Its cause, for the log, holds no argument of a command. */
export function unavailable(error: unknown): IdentityError {
  if (error instanceof IdentityError) return error
  const { problem, remedy } = problemOf(error)
  return new Unavailable(
    `The store of this server is unavailable: ${problem}.`,
    'Try again later, or ask the person who runs this server.',
    { cause: new RedisError(`${problem}: ${remedy} (${signsOf(error)})`) },
  )
}

/** The problem with its remedy, as one sentence without a full stop. */
export function problemText(error: unknown): string {
  const { problem, remedy } = problemOf(error)
  return `${problem}: ${remedy}`
}

export const mayPass = (error: unknown): boolean => PASSING.test(signsOf(error))

/** Whether Redis itself refused the command, so that it was not done. */
export const isRefusal = (error: unknown): boolean => (error as Error | undefined)?.name === 'ReplyError'

function problemOf(error: unknown): RedisProblem {
  const signs = signsOf(error)
  const [, problem, remedy] = PROBLEMS.find(([sign]) => sign.test(signs)) ?? []
  return problem && remedy
    ? { problem, remedy }
    : { problem: 'its connection failed', remedy: 'look at its log and at the network' }
}

/** What tells errors apart: codes and the first words of messages, never the arguments that Redis repeats in some. */
function signsOf(error: unknown): string {
  const {
    code = '',
    message = '',
    lastNodeError,
  } = error as { code?: string; message?: string; lastNodeError?: unknown }
  // A name with several addresses and a cluster with several nodes wrap the failures of all of them.
  const inner = error instanceof AggregateError ? error.errors[0] : lastNodeError
  const said = message.replace(/,? with args beginning with.*/s, '').slice(0, MAX_SIGNS)
  return [code, said, ...(inner === undefined ? [] : [signsOf(inner)])]
    .filter((part) => part !== '')
    .join(' ')
}

const MAX_SIGNS = 200
