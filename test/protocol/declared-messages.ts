import { readdirSync } from 'node:fs';
import type { Api, Message } from '../../src/protocol/schema.ts';
import { parseVersions } from '../../src/protocol/version-range.ts';

/** Everything that `src/protocol` declares, found by walking its folders, so that no test can forget a file. */
const protocol = new URL('../../src/protocol/', import.meta.url);

export const apis: readonly Api[] = (await exportsOf('messages/')).filter(isApi).toSorted((a, b) => a.key - b.key);

export const records: readonly Message[] = [
  ...(await exportsOf('internal-records/')),
  ...(await exportsOf('', ['consumer-protocol.js', 'request-header.js'])),
].filter(isMessage);

/** Requests, responses, headers and records. */
export const messages: readonly Message[] = [
  ...apis.flatMap(({ request, response }) => [request, response]),
  ...records,
];

export function messageNamed(name: string): Message | undefined {
  return messages.find((message) => message.name === name);
}

export function versionsOf(message: Message): number[] {
  const { min, max } = parseVersions(message.versions);
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

/** The files of `messages/`, to hold their names against what they export. */
export async function apiFiles(): Promise<{ file: string; exports: Record<string, unknown> }[]> {
  const files = readdirSync(new URL('messages/', protocol)).filter((file) => file.endsWith('.js'));
  return Promise.all(
    files.map(async (file) => ({
      file,
      exports: (await import(new URL(`messages/${file}`, protocol).href)) as Record<string, unknown>,
    })),
  );
}

async function exportsOf(folder: string, only?: string[]): Promise<unknown[]> {
  const files = only ?? readdirSync(new URL(folder, protocol)).filter((file) => file.endsWith('.js'));
  const modules = await Promise.all(
    files.map(async (file) => (await import(new URL(folder + file, protocol).href)) as Record<string, unknown>),
  );
  return modules.flatMap((module) => Object.values(module));
}

export function isApi(value: unknown): value is Api {
  return typeof value === 'object' && value !== null && 'request' in value && 'response' in value;
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'fields' in value;
}
