import type { spawnSync } from 'node:child_process'
import { platform as thisPlatform } from 'node:os'
import { getBuiltinModule } from 'node:process'

/** `keychain:` and a name. */
export const KEYCHAIN_REFERENCE = /^keychain:([A-Za-z0-9][\w.@-]{0,127})$/

/** The name of this server's secrets among those of others. */
const SERVICE = 'identity-mcp'

type Environment = Readonly<Record<string, string | undefined>>

/** The operating system's store of secrets, as this user has it. */
interface Keychain {
  /** What people call it. */
  title: string
  /** The secret, or why there is none. */
  read(name: string): { value: string } | { problem: string }
  /** Stores a secret and reads it back. Returns what is wrong, if something is. */
  write(name: string, secret: string): string | undefined
  /** Returns whether it was there. */
  remove(name: string): boolean
}

/** One run of a program. A secret is only ever in its input: anybody on the machine can list arguments. */
interface Call {
  words: readonly string[]
  input?: string
}

interface KeychainProgram {
  title: string
  program: (env: Environment) => string
  read: (name: string) => Call
  write: (name: string, secret: string) => Call
  remove: (name: string) => Call
  /** Most characters of a secret. */
  most: number
}

const MACOS: KeychainProgram = {
  title: 'the macOS keychain',
  program: () => '/usr/bin/security',
  read: (name) => ({ words: ['find-generic-password', '-s', SERVICE, '-a', name, '-w'] }),
  // `-i` reads commands from its input, lines of 4,096 characters at most; as hexadecimal digits, nothing needs quotes.
  write: (name, secret) => ({
    words: ['-i'],
    input: `add-generic-password -U -s ${SERVICE} -a ${name} -X ${Buffer.from(secret).toString('hex')}\n`,
  }),
  remove: (name) => ({ words: ['delete-generic-password', '-s', SERVICE, '-a', name] }),
  most: 1_900,
}

const attributes = (name: string) => ['service', SERVICE, 'account', name]
/** libsecret: GNOME Keyring, KWallet, KeePassXC. */
const LINUX: KeychainProgram = {
  title: 'the keyring (Secret Service)',
  program: () => 'secret-tool',
  read: (name) => ({ words: ['lookup', ...attributes(name)] }),
  write: (name, secret) => ({
    words: ['store', `--label=${SERVICE} ${name}`, ...attributes(name)],
    input: secret,
  }),
  remove: (name) => ({ words: ['clear', ...attributes(name)] }),
  most: 8_000,
}

/** A script for PowerShell, in the form that needs no quotes. A name has no character that means something there. */
const script = (lines: readonly string[]): string[] => [
  ...['-NoLogo', '-NoProfile', '-NonInteractive', '-EncodedCommand'],
  Buffer.from([...VAULT, ...lines].join('\n'), 'utf16le').toString('base64'),
]
// wincred.h: a generic credential (1), kept for this user on this machine (2).
const VAULT = [
  "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'",
  "Add-Type -Namespace IdentityMcp -Name Vault -MemberDefinition @'",
  '[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)] public struct Credential {',
  '  public int Flags; public int Type; public string TargetName; public string Comment; public long LastWritten;',
  '  public int Size; public IntPtr Blob; public int Persist; public int AttributeCount; public IntPtr Attributes;',
  '  public string TargetAlias; public string UserName; }',
  '[DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]',
  'public static extern bool CredReadW(string target, int type, int flags, out IntPtr credential);',
  '[DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]',
  'public static extern bool CredWriteW(ref Credential credential, int flags);',
  '[DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]',
  'public static extern bool CredDeleteW(string target, int type, int flags);',
  "'@",
]
const target = (name: string) => `'${SERVICE}:${name}'`
const WINDOWS: KeychainProgram = {
  title: 'the Windows Credential Manager',
  // By its whole path: Windows looks in the working folder first.
  program: ({ SystemRoot = 'C:\\Windows' }) =>
    `${SystemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`,
  read: (name) => ({
    words: script([
      '$found = [IntPtr]::Zero',
      `if (-not [IdentityMcp.Vault]::CredReadW(${target(name)}, 1, 0, [ref] $found)) { exit 1 }`,
      '$one = [Runtime.InteropServices.Marshal]::PtrToStructure($found, [type] [IdentityMcp.Vault+Credential])',
      '$bytes = New-Object byte[] $one.Size',
      '[Runtime.InteropServices.Marshal]::Copy($one.Blob, $bytes, 0, $one.Size)',
      '[Console]::Out.Write([Text.Encoding]::UTF8.GetString($bytes))',
    ]),
  }),
  write: (name, secret) => ({
    words: script([
      '$bytes = [Convert]::FromBase64String([Console]::In.ReadLine())',
      '$one = New-Object IdentityMcp.Vault+Credential',
      `$one.Type = 1; $one.Persist = 2; $one.TargetName = ${target(name)}; $one.UserName = '${SERVICE}'`,
      '$one.Size = $bytes.Length',
      '$one.Blob = [Runtime.InteropServices.Marshal]::AllocHGlobal($bytes.Length)',
      '[Runtime.InteropServices.Marshal]::Copy($bytes, 0, $one.Blob, $bytes.Length)',
      'if (-not [IdentityMcp.Vault]::CredWriteW([ref] $one, 0)) { exit 1 }',
    ]),
    input: `${Buffer.from(secret).toString('base64')}\n`,
  }),
  remove: (name) => ({
    words: script([`if (-not [IdentityMcp.Vault]::CredDeleteW(${target(name)}, 1, 0)) { exit 1 }`]),
  }),
  // CRED_MAX_CREDENTIAL_BLOB_SIZE is 2,560 bytes.
  most: 2_560,
}

/** One for each system; Linux stands for all others. */
export const KEYCHAIN_PROGRAMS = { darwin: MACOS, win32: WINDOWS, linux: LINUX } as const

/** The first use can ask a person to unlock it. */
const TIMEOUT_MS = 60_000

/** The keychain of this user, which may be there or not: `write` finds out. */
export function keychainOf(env: Environment, platform: string = thisPlatform()): Keychain {
  const own = platform === 'darwin' || platform === 'win32' ? KEYCHAIN_PROGRAMS[platform] : LINUX
  const program = own.program(env)
  const call = ({ words, input = '' }: Call) => {
    // Loaded when it is used: a start without a keychain does not wait for it.
    const { spawnSync: run } = getBuiltinModule('node:child_process') as { spawnSync: typeof spawnSync }
    const { status, stdout, error } = run(program, words, {
      env: { ...env },
      input,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    // A program that refuses does not wait for its input.
    const isRefusal = error && 'code' in error && error.code === 'EPIPE'
    if (error && !isRefusal) return { problem: `${own.title} cannot be asked: ${whyNot(error, program)}` }
    return status === 0 ? { text: stdout.replace(/\r?\n$/, '') } : {}
  }
  const read: Keychain['read'] = (name) => {
    const { text, problem = `${own.title} has no ${name}, or is locked` } = call(own.read(name))
    return text ? { value: text } : { problem }
  }
  return {
    title: own.title,
    read,
    write(name, secret) {
      if (secret.length > own.most) return `${own.title} takes ${own.most} characters at most`
      const { problem } = call(own.write(name, secret))
      if (problem !== undefined) return problem
      const kept = read(name)
      return 'value' in kept && kept.value === secret ? undefined : `${own.title} did not keep it`
    },
    remove: (name) => call(own.remove(name)).text !== undefined,
  }
}

const whyNot = (error: NodeJS.ErrnoException, program: string): string =>
  error.code === 'ENOENT' ? `${program} is not installed` : `${program} did not answer (${error.code})`
