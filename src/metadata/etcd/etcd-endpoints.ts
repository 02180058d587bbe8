/** One member of an etcd cluster, as clients reach it. */
export interface EtcdAddress {
  /** Members in the order given, each `host:port`. */
  readonly endpoints: readonly string[];
  readonly isTls: boolean;
}

/** The text is no address of etcd; the message says what is expected. */
export class InvalidEtcdAddress extends Error {
  override name = 'InvalidEtcdAddress';
}

const PORT_DEFAULT = '2379';
/** Members that an address may name. */
const ENDPOINTS_MAX = 15;
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[0-9A-Za-z._-]+)$/;

/** Reads `etcd://host:port,host:port`, or `etcds://` for TLS. The port is 2379 when left out. Throws {@link InvalidEtcdAddress}. */
export function parseEtcdAddress(text: string): EtcdAddress {
  const scheme = /^(etcds?):\/\//.exec(text);
  if (scheme === null) throw new InvalidEtcdAddress(`${text} is no address of etcd: write etcd://host:2379,host:2379`);
  const members = text.slice(scheme[0].length).replace(/\/$/, '').split(',');
  if (members.length > ENDPOINTS_MAX) throw new InvalidEtcdAddress(`${text} names more than ${ENDPOINTS_MAX} members`);
  return { endpoints: members.map((member) => endpointOf(member.trim(), text)), isTls: scheme[1] === 'etcds' };
}

function endpointOf(member: string, text: string): string {
  const parts = /^(.*?)(?::(\d+))?$/.exec(member);
  const host = parts?.[1] ?? '';
  const port = parts?.[2] ?? PORT_DEFAULT;
  if (!HOST.test(host) || Number(port) > 65_535 || Number(port) === 0) {
    throw new InvalidEtcdAddress(`'${member}' in ${text} is no member of etcd: write host:port`);
  }
  return `${host}:${port}`;
}
