import type { BrokerConfig } from '../../config/broker-config.ts';

/** One `listeners` or `advertised.listeners` entry. */
export interface ListenerAddress {
  /** The listener's name, upper case. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface ListenerPlan {
  /** Where to listen. */
  readonly bind: readonly ListenerAddress[];
  /** What clients are told, by listener name; a missing one means: the address that the client dialled. */
  readonly advertised: ReadonlyMap<string, ListenerAddress>;
}

/** A setting contradicts another one or asks for what is not there; the text says which and what to do. */
export class ListenerError extends Error {
  override name = 'ListenerError';
}

const ENTRY = /^([A-Za-z0-9_.-]+):\/\/(?:\[([0-9A-Fa-f:.%a-z]*)\]|([^:[\]/]*)):(-?\d+)$/;
const ANY_HOSTS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** Reads the listener settings of a broker. `hostName` stands in for an empty host in what is advertised. */
export function planListeners(config: BrokerConfig, hostName: string): ListenerPlan {
  const controllerNames = new Set((config.get('controller.listener.names') ?? []).map((name) => name.toUpperCase()));
  const protocols = protocolsOf(config);
  const bind = parseListeners('listeners', config.get('listeners')).filter(({ name }) => !controllerNames.has(name));
  if (bind.length === 0)
    throw new ListenerError('listeners: at least one listener for clients is needed, like PLAINTEXT://:9092');
  refuseSharedPorts(bind);
  for (const { name } of bind) {
    const protocol = protocols.get(name) ?? (PROTOCOLS.has(name) ? name : undefined);
    if (protocol === undefined) {
      throw new ListenerError(`listeners: ${name} has no security protocol; add it to listener.security.protocol.map`);
    }
    if (protocol !== 'PLAINTEXT') {
      throw new ListenerError(`listeners: ${name} uses ${protocol}; this version speaks PLAINTEXT only`);
    }
  }
  const given = config.get('advertised.listeners');
  const advertised = new Map<string, ListenerAddress>();
  if (given !== null && given.length > 0) {
    for (const address of parseListeners('advertised.listeners', given)) {
      if (address.host === '0.0.0.0') {
        throw new ListenerError('advertised.listeners: 0.0.0.0 is not an address that a client can reach; name a host');
      }
      if (controllerNames.has(address.name)) continue;
      if (!bind.some(({ name }) => name === address.name)) {
        throw new ListenerError(`advertised.listeners: there is no listener ${address.name}; add it to listeners`);
      }
      advertised.set(address.name, address.host === '' ? { ...address, host: hostName } : address);
    }
  } else if (!config.get('posthorn.advertise.dialled.address')) {
    for (const address of bind) {
      advertised.set(address.name, ANY_HOSTS.has(address.host) ? { ...address, host: hostName } : address);
    }
  }
  return { bind, advertised };
}

/** One port serves one listener, except that an IPv4 and an IPv6 address may share one (SocketServerConfigs). */
function refuseSharedPorts(bind: readonly ListenerAddress[]): void {
  const taken = new Map<string, string>();
  for (const { name, host, port } of bind) {
    if (port === 0) continue;
    const families = host === '' || host === 'localhost' || !IP_ADDRESS.test(host) ? ['4', '6'] : [familyOf(host)];
    for (const family of families) {
      const other = taken.get(`${family}/${port}`);
      if (other !== undefined) {
        throw new ListenerError(`listeners: ${other} and ${name} have the same port ${port}; give each its own`);
      }
    }
    for (const family of families) taken.set(`${family}/${port}`, name);
  }
}

const IP_ADDRESS = /^[0-9.]+$|:/;

function familyOf(address: string): string {
  return address.includes(':') ? '6' : '4';
}

const PROTOCOLS: ReadonlySet<string> = new Set(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']);

function protocolsOf(config: BrokerConfig): Map<string, string> {
  const protocols = new Map<string, string>();
  for (const entry of (config.text('listener.security.protocol.map') ?? '').split(',')) {
    const [name, protocol] = entry.split(':');
    if (name !== undefined && protocol !== undefined)
      protocols.set(name.trim().toUpperCase(), protocol.trim().toUpperCase());
  }
  return protocols;
}

function parseListeners(key: string, entries: readonly string[]): ListenerAddress[] {
  const seen = new Set<string>();
  return entries.map((entry) => {
    const match = ENTRY.exec(entry.trim());
    const port = Number(match?.[4]);
    if (match === null || port < 0 || port > 65_535) {
      throw new ListenerError(`${key}: '${entry}' is not an address like PLAINTEXT://host:9092`);
    }
    const name = match[1]!.toUpperCase();
    if (seen.has(name)) throw new ListenerError(`${key}: the listener name ${name} is used twice`);
    seen.add(name);
    return { name, host: match[2] ?? match[3]!, port };
  });
}
