import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { apiTable, requestHeaderVersion, responseHeaderVersion } from '../../src/protocol/api-table.ts';
import { decode, decodeExact, encode } from '../../src/protocol/codec.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { requestHeader, responseHeader } from '../../src/protocol/request-header.ts';
import type { Api, Fields, ReadMessage, WriteMessage } from '../../src/protocol/schema.ts';
import { MemoryNetwork } from '../../src/runtime/memory-network.ts';
import type { Connection, ConnectionHandler } from '../../src/runtime/network.ts';
import type { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { FrameReceiver } from '../../src/wire/frame-receiver.ts';

const SIZE_BYTES = 4;
const FIRST_PORT = 9100;

/** How one kind of request is answered by a broker. */
interface Script {
  readonly api: Api;
  readonly maxVersion: number;
  readonly reply: (request: never, node: number, version: number) => unknown;
}

/** A partition that a scripted cluster tells of; all topics have one. */
export interface ScriptedTopic {
  readonly topicId: string;
  leader: number;
  leaderEpoch: number;
}

/** Brokers 1 and 2 that know what they are told, and answer each kind of request as the test says. */
export class ScriptedCluster {
  readonly network: MemoryNetwork;
  readonly topics = new Map<string, ScriptedTopic>();
  /** Names of requests, in the order in which they came. */
  readonly asked: string[] = [];
  /** A broker that greets nobody: new connections of it are not ready before {@link greet}. */
  silentNode = -1;
  #ungreeted: (() => void)[] = [];
  readonly #scripts = new Map<number, Script>();

  /** @param delayMs what every message takes: without it a reader of an empty log never rests. */
  constructor(time: VirtualTime, delayMs = 0) {
    this.network = new MemoryNetwork(time, { delayMs });
    this.on(metadata, ({ topics }) => this.#metadata(topics?.map(({ name }) => name ?? '') ?? [...this.topics.keys()]));
  }

  get bootstrapServers(): string {
    return `broker:${FIRST_PORT + 1}`;
  }

  async listen(): Promise<this> {
    for (const node of [1, 2]) {
      await this.network.listen({ host: 'broker', port: FIRST_PORT + node }, (connection) =>
        this.#serve(node, connection),
      );
    }
    return this;
  }

  /** What answers a kind of request; kinds without a script are not served. */
  on<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    reply: (
      request: ReadMessage<Api<Req, Res>['request']>,
      node: number,
      version: number,
    ) => WriteMessage<Api<Req, Res>['response']>,
    maxVersion: number = apiTable.get(api.key)?.stableMax ?? 0,
  ): void {
    this.#scripts.set(api.key, { api, maxVersion, reply });
  }

  greet(): void {
    this.silentNode = -1;
    for (const greeting of this.#ungreeted.splice(0)) greeting();
  }

  endpointOf(nodeId: number): { nodeId: number; host: string; port: number } {
    return { nodeId, host: 'broker', port: FIRST_PORT + nodeId };
  }

  #serve(node: number, connection: Connection): ConnectionHandler {
    const frames = new FrameReceiver({
      frameBytesMax: 1 << 20,
      onFrame: (frame) => {
        const request = Buffer.from(frame);
        const answer = (): void => connection.write([this.#answer(node, new ByteReader(request))]);
        const isGreeting = request.readInt16BE(0) === apiVersions.key;
        if (isGreeting && node === this.silentNode) this.#ungreeted.push(answer);
        else answer();
      },
    });
    return {
      landing: () => frames.landing(),
      received: (count) => frames.received(count),
      drained: () => {},
      closed: () => {},
    };
  }

  #answer(node: number, reader: ByteReader): Uint8Array {
    const key = reader.int16();
    const version = reader.int16();
    reader.position = 0;
    const { correlationId } = decode(requestHeader, requestHeaderVersion(key, version), reader);
    const script = this.#scripts.get(key);
    const api = script?.api ?? apiVersions;
    this.asked.push(api.name);
    const body =
      script === undefined
        ? { errorCode: 0, apiKeys: this.#versions(), throttleTimeMs: 0 }
        : script.reply(decodeExact(api.request, version, reader) as never, node, version);
    const writer = new ByteWriter();
    writer.reserve(SIZE_BYTES);
    encode(responseHeader, responseHeaderVersion(key, version), writer, { correlationId });
    encode(api.response, version, writer, body as never);
    const bytes = writer.finish();
    bytes.writeInt32BE(bytes.length - SIZE_BYTES);
    return bytes;
  }

  #versions(): { apiKey: number; minVersion: number; maxVersion: number }[] {
    const own = { apiKey: apiVersions.key, minVersion: 0, maxVersion: 4 };
    const scripted = [...this.#scripts.values()].map(({ api: { key }, maxVersion }) => {
      return { apiKey: key, minVersion: apiTable.get(key)?.min ?? 0, maxVersion };
    });
    return [own, ...scripted];
  }

  #metadata(names: readonly string[]): WriteMessage<typeof metadata.response> {
    return {
      brokers: [1, 2].map((nodeId) => this.endpointOf(nodeId)),
      errorCode: 0,
      clusterId: 'c',
      controllerId: 1,
      topics: names.map((name) => {
        const topic = this.topics.get(name);
        if (topic === undefined) return { errorCode: 3, name, topicId: ZERO_UUID, partitions: [] };
        const { topicId, leader: leaderId, leaderEpoch } = topic;
        const replicas = { replicaNodes: [1, 2], isrNodes: [1, 2], offlineReplicas: [] };
        return {
          errorCode: 0,
          name,
          topicId,
          partitions: [{ partitionIndex: 0, errorCode: 0, leaderId, leaderEpoch, ...replicas }],
        };
      }),
    };
  }
}
