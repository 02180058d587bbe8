import type { Setting, ValueOf } from './setting.ts';
import { GROUP_SETTINGS } from './settings/group-settings.ts';

/** The name of a group setting. */
export type GroupKey = keyof typeof GROUP_SETTINGS;

/** The TypeScript type of a group setting's value. */
export type GroupValue<K extends GroupKey> = ValueOf<(typeof GROUP_SETTINGS)[K]>;

/** The declaration of a group setting, if there is one of that name. */
export function groupSetting(name: string): Setting | undefined {
  return Object.hasOwn(GROUP_SETTINGS, name) ? GROUP_SETTINGS[name as GroupKey] : undefined;
}
