import type { Api, Fields, Read, Write } from '../../src/protocol/schema.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import type { BrokerCluster } from '../brokers/broker-cluster.ts';
import { parseVersions } from '../../src/protocol/version-range.ts';
import { Plainer, type Plain } from './plain.ts';
import { WirePeer, type Outcome } from './wire-peer.ts';

/** One request and what came of it, comparable between brokers. */
export interface Step {
  readonly label: string;
  readonly request: string;
  answer: Plain;
}

/** A script of requests, run against one broker at a time; the transcripts of two brokers are compared. */
export interface Scenario {
  readonly name: string;
  /** Log directories that the brokers have; one when left out. */
  readonly directories?: number;
  /** Brokers of the cluster; one when left out. */
  readonly brokers?: number;
  /** It stops brokers, so that no other can run at the same time. */
  readonly isAlone?: boolean;
  run(side: Side): Promise<void>;
}

/** The label of the step that says why a scenario broke off; it is a failure even where both sides have it. */
export const ENDED_EARLY = 'the scenario ended early';

/** How one call is recorded. */
export interface CallOptions<Res extends Fields> {
  /** Keeps of the answer only what can be compared: other scenarios' topics and groups are in it too. */
  readonly pick?: (response: Read<Res>) => unknown;
  /** Also records whether the answer took at least this long. */
  readonly slowMs?: number;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
const UNANSWERED_MS = 300;
const RAW_MS = 3000;

/** A request below the level of messages. */
export interface RawRequest {
  readonly key: number;
  readonly version: number;
  readonly flexible?: boolean;
  readonly body?: Uint8Array;
  readonly showBytes?: boolean;
}

/** One broker under comparison, during one scenario: names of its own, connections, and the transcript. */
export class Side {
  readonly bootstrap: string;
  readonly steps: Step[] = [];
  readonly #prefix: string;
  readonly #plainer: Plainer;
  readonly #cluster: BrokerCluster | undefined;
  readonly #peers: Peer[] = [];
  #closed = false;
  #numbers = 0;

  /** @param cluster what can be done to its brokers, where there are several. */
  constructor(bootstrap: string, prefix: string, cluster?: BrokerCluster) {
    this.bootstrap = bootstrap;
    this.#prefix = prefix;
    this.#plainer = new Plainer(prefix, bootstrap.split(','));
    this.#cluster = cluster;
  }

  /** Ids of all brokers. */
  get brokers(): readonly number[] {
    return this.bootstrap.split(',').map((_, index) => index + 1);
  }

  /** The brokers, to be stopped and started. Throws where there is only one. */
  get cluster(): BrokerCluster {
    if (this.#cluster === undefined) throw new Error('the brokers of this run are not ours to stop');
    return this.#cluster;
  }

  /** A topic, group or other name that no other run and scenario uses. */
  name(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  /** 1, 2, 3 and so on: for names that need no meaning. */
  nextNumber(): number {
    return ++this.#numbers;
  }

  /** Whether a name is this scenario's own. */
  isOwn(name: string | null): boolean {
    return name?.startsWith(`${this.#prefix}-`) ?? false;
  }

  /** A connection to the first broker, or to that of an id. */
  peer(clientId: string | null = 'oracle', broker = 1): Peer {
    const peer = new Peer(this, new WirePeer(this.bootstrap.split(',')[broker - 1] ?? '', clientId));
    this.#peers.push(peer);
    return peer;
  }

  /** Opens a step now and fills it when its answer is there, so that steps stand in the order of their requests. */
  step(label: string, request: unknown): Step {
    if (this.#closed) throw new Error('the scenario is over');
    const step: Step = { label, request: JSON.stringify(this.#plainer.plain(request)), answer: 'pending' };
    this.steps.push(step);
    return step;
  }

  plain(value: unknown): Plain {
    return this.#plainer.plain(value);
  }

  /** Records something observed that is no answer. */
  note(label: string, value: unknown): void {
    this.steps.push({ label, request: '', answer: this.plain(value) });
  }

  /** Ends all connections; a call after it fails. */
  close(): void {
    this.#closed = true;
    for (const peer of this.#peers) peer.close();
  }
}

/** One connection of a scenario. Every call becomes a step. */
export class Peer {
  readonly #side: Side;
  readonly #wire: WirePeer;

  constructor(side: Side, wire: WirePeer) {
    this.#side = side;
    this.#wire = wire;
  }

  /** Sends a request and records the answer; undefined when there was none (closed, silent), which is recorded too. */
  async call<Req extends Fields, Res extends Fields>(
    label: string,
    api: Api<Req, Res>,
    version: number,
    request: Write<Req>,
    options: CallOptions<Res> = {},
  ): Promise<Read<Res> | undefined> {
    const step = this.#side.step(`${label} (${api.name} v${version})`, request);
    const began = performance.now();
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const outcome = await this.#wire.exchange(this.#wire.request(api, version, request), timeoutMs);
    const answer = this.#answer(api, version, outcome, step);
    if (answer === undefined) return undefined;
    const shown = this.#side.plain(options.pick === undefined ? answer : options.pick(answer));
    const slow = performance.now() - began >= (options.slowMs ?? Number.POSITIVE_INFINITY);
    step.answer = options.slowMs === undefined ? shown : { took: slow ? 'long' : 'short', answer: shown };
    return answer;
  }

  /** As {@link call}, but hands out the step, for a scenario that compares less than the whole answer. */
  async callStep<Req extends Fields, Res extends Fields>(
    label: string,
    api: Api<Req, Res>,
    version: number,
    request: Write<Req>,
  ): Promise<Step> {
    const index = this.#side.steps.length;
    await this.call(label, api, version, request);
    const step = this.#side.steps[index];
    if (step === undefined) throw new Error(`no step ${label}`);
    return step;
  }

  /** As {@link call} for calls whose answer the scenario cannot go on without. */
  async need<Req extends Fields, Res extends Fields>(
    label: string,
    api: Api<Req, Res>,
    version: number,
    request: Write<Req>,
    options: CallOptions<Res> = {},
  ): Promise<Read<Res>> {
    const answer = await this.call(label, api, version, request, options);
    if (answer === undefined) throw new Error(`no answer to ${label}`);
    return answer;
  }

  /** A request that only serves the scenario: not recorded. Undefined when the broker closed or was silent. */
  async quiet<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Write<Req>,
  ): Promise<Read<Res> | undefined> {
    const outcome = await this.#wire.exchange(this.#wire.request(api, version, request), TIMEOUT_MS);
    return 'frame' in outcome ? this.#wire.response(api, version, outcome.frame) : undefined;
  }

  /** Sends a request and records only what became of the connection: no answer is due (acks=0). */
  async tell<Req extends Fields>(label: string, api: Api<Req>, version: number, request: Write<Req>): Promise<void> {
    const step = this.#side.step(`${label} (${api.name} v${version})`, request);
    const outcome = await this.#wire.exchange(this.#wire.request(api, version, request), UNANSWERED_MS);
    step.answer = 'ended' in outcome ? outcome.ended : 'answered';
  }

  /**
   * A frame as given: key and version of the header, then raw bytes. Records the answer's bytes, or only that there was
   * one when they hold what is the broker's own; returns what follows the correlation id.
   */
  async frame(label: string, request: RawRequest): Promise<Buffer | undefined> {
    const { key, version, flexible = false, body = new Uint8Array(), showBytes = true } = request;
    const writer = new ByteWriter();
    this.#wire.writeHeader(writer, key, version, flexible);
    writer.raw(body);
    const step = this.#side.step(label, { key, version, body });
    const outcome = await this.#wire.exchange(writer.finish(), RAW_MS);
    if ('ended' in outcome) {
      step.answer = outcome.ended;
      return undefined;
    }
    const bytes = outcome.frame.subarray(4);
    step.answer = showBytes ? `0x${bytes.toString('hex')}` : 'answered';
    return bytes;
  }

  /** Sends bytes without a frame and records what the broker does within a while. */
  async bytes(label: string, bytes: Uint8Array): Promise<void> {
    const step = this.#side.step(label, { bytes: bytes.length });
    const outcome = await this.#wire.exchangeBytes(bytes, UNANSWERED_MS);
    step.answer = 'ended' in outcome ? outcome.ended : `0x${outcome.frame.toString('hex')}`;
  }

  close(): void {
    this.#wire.close();
  }

  #answer<Res extends Fields>(
    api: Api<Fields, Res>,
    version: number,
    outcome: Outcome,
    step: Step,
  ): Read<Res> | undefined {
    if ('ended' in outcome) {
      step.answer = outcome.ended;
      return undefined;
    }
    try {
      return this.#wire.response(api, version, outcome.frame);
    } catch (error) {
      step.answer = `undecodable: ${error instanceof Error ? error.message : String(error)}`;
      return undefined;
    }
  }
}

/** All versions of an API that a client may send. */
export function versionsOf(api: Api): number[] {
  const { min, max } = parseVersions(api.versions);
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}
