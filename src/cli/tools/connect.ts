import { Admin } from '../../client/admin/admin.ts';
import { KafkaError } from '../../client/client-error.ts';
import { Cluster } from '../../client/cluster.ts';
import { fromProperties, type OptionsFromProperties } from '../../client/from-properties.ts';
import { ToolFailure } from './tool-failure.ts';
import type { ToolWorld } from './tool-world.ts';

const ADMIN_ID = 'adminclient-1';
const API_TIMEOUT_MS = 60_000;

/**
 * The options of clients for a command: brokers, and what `--command-config` and its kin say about TLS, logins and the rest, under
 * the names of Java's clients. Names that no client of ours knows are passed over, as Java does. Throws INVALID_ARGUMENT.
 */
export function clientOptions(
  world: ToolWorld,
  bootstrapServers: string,
  settings: ReadonlyMap<string, string> = new Map(),
): OptionsFromProperties {
  const properties = { ...Object.fromEntries(settings), 'bootstrap.servers': bootstrapServers };
  return fromProperties(properties, { isUnknownSkipped: true, readFile: (path: string) => world.readBytes(path) });
}

/**
 * The admin client of a command. Throws {@link ToolFailure} when the settings are no way to a cluster.
 * @param apiTimeoutMs how long one call may take with all its tries; `default.api.timeout.ms` when left out.
 */
export function toolAdmin(
  world: ToolWorld,
  bootstrapServers: string,
  settings: ReadonlyMap<string, string> = new Map(),
  apiTimeoutMs?: number,
): Admin {
  try {
    const properties = { ...Object.fromEntries(settings), 'bootstrap.servers': bootstrapServers };
    const reading = {
      isUnknownSkipped: true,
      readFile: (path: string) => world.readBytes(path),
      only: 'kafka',
    } as const;
    const { kafka } = fromProperties(properties, reading);
    const patience = apiTimeoutMs ?? kafka.apiTimeoutMs ?? API_TIMEOUT_MS;
    return new Admin(new Cluster(world.runtime, { clientId: ADMIN_ID, ...kafka, apiTimeoutMs: patience }));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    throw new ToolFailure(`Failed to create new KafkaAdminClient\nCaused by: ${error.message}`);
  }
}
