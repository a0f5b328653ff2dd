import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import { CLIENTS, type Machine, type McpClient } from './clients.ts'

/** A client on this machine, and its settings file. */
export interface FoundClient {
  client: McpClient
  file: string
}

/** The clients of this machine: used already, or installed and never started, as many make their file at the first start. */
export const clientsOn = (machine: Machine): FoundClient[] =>
  CLIENTS.flatMap((client) => {
    const file = client.file(machine)
    return file !== undefined && (wasUsed(file, machine) || isInstalled(client, machine))
      ? [{ client, file }]
      : []
  })

const pathOf = ({ platform }: Machine) => (platform === 'win32' ? win32 : posix)

function wasUsed(file: string, machine: Machine): boolean {
  const folder = pathOf(machine).dirname(file)
  // A file in the home folder says nothing by its folder.
  return existsSync(file) || (folder !== machine.home && existsSync(folder))
}

function isInstalled({ commands = [], bundle, folder }: McpClient, machine: Machine): boolean {
  const { home = '', platform } = machine
  const own = folder !== undefined && existsSync(pathOf(machine).join(home, folder))
  const bundled =
    platform === 'darwin' &&
    bundle !== undefined &&
    ['/Applications', posix.join(home, 'Applications')].some((place) => existsSync(posix.join(place, bundle)))
  return own || bundled || commands.some((command) => isOnPath(command, machine))
}

/** Whether a command is on the PATH. The working folder is none of its places. */
function isOnPath(command: string, machine: Machine): boolean {
  const { delimiter, isAbsolute, join } = pathOf(machine)
  const { platform, env } = machine
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  const endings = platform === 'win32' ? (env.PATHEXT ?? '.EXE;.CMD').split(';') : ['']
  return folders.some((folder) =>
    endings.some((ending) => isProgram(join(folder, command + ending), machine)),
  )
}

function isProgram(file: string, { platform }: Machine): boolean {
  try {
    // Windows tells a program by its ending.
    if (platform !== 'win32') accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
