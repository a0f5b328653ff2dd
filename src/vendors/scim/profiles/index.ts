import { APPS, type AppName } from './apps.ts'
import { business } from './business.ts'
import type { AppProfile, ProfileSettings } from './define.ts'
import { engineering } from './engineering.ts'
import { merged } from './merged.ts'
import { security } from './security.ts'
import { workplace } from './workplace.ts'

/** All profiles, made when they are asked for: most tenants name no app. */
const profiles = (): Readonly<Record<AppName, AppProfile>> => ({
  ...workplace(),
  ...engineering(),
  ...security(),
  ...business(),
})

export const isAppName = (name: unknown): name is AppName => APPS.some((app) => app === name)

export const profileOf = (name: AppName): AppProfile => profiles()[name]

/** The settings of a profile as one. */
export const settingsOf = ({ title, parts }: AppProfile): ProfileSettings & { title: string } =>
  parts.reduce<ProfileSettings & { title: string }>((all, { settings }) => merged(all, settings), { title })

/** The sources of a profile, each once. */
export const sourcesOf = ({ parts }: AppProfile): string[] => [...new Set(parts.map(({ source }) => source))]
