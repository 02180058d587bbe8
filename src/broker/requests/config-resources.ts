import { E, type ErrorSpec } from '../../protocol/errors.ts';

/** Kinds of things that have settings, by their number on the wire (ConfigResource.Type). */
export const ResourceType = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

/** Log levels are settings of the process, not of its packages: none can be changed by this way (KIP-412). */
export function alteredLoggers(
  resources: readonly { readonly resourceType: number; readonly resourceName: string }[],
): { resourceType: number; resourceName: string; error: ErrorSpec; message: string }[] {
  return resources.map(({ resourceType, resourceName }) => ({
    resourceType,
    resourceName,
    error: E.INVALID_REQUEST,
    message: 'Loggers cannot be set one by one; start with posthorn.log.level instead.',
  }));
}
