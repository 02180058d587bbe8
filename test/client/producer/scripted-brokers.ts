import assert from 'node:assert/strict';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { apiTable, requestHeaderVersion, responseHeaderVersion } from '../../../src/protocol/api-table.ts';
import { decode, decodeExact, encode } from '../../../src/protocol/codec.ts';
import { E } from '../../../src/protocol/errors.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import { apiVersions } from '../../../src/protocol/messages/018-api-versions.ts';
import { initProducerId } from '../../../src/protocol/messages/022-init-producer-id.ts';
import { requestHeader, responseHeader } from '../../../src/protocol/request-header.ts';
import type { Api, Fields, ReadMessage, WriteMessage } from '../../../src/protocol/schema.ts';
import { decodeRecords } from '../../../src/records/batch-records.ts';
import { MemoryNetwork } from '../../../src/runtime/memory-network.ts';
import type { Connection, ConnectionHandler } from '../../../src/runtime/network.ts';
import type { VirtualTime } from '../../../src/runtime/virtual-time.ts';
import { FrameReceiver } from '../../../src/wire/frame-receiver.ts';

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const FIRST_PORT = 9001;
const SIZE_BYTES = 4;

/** A produce request as a broker got it. */
export interface Produced {
  readonly node: number;
  readonly version: number;
  readonly topicId: string;
  readonly values: readonly string[];
  readonly atMs: number;
}

/** Two brokers that know one partition of `orders`, and answer as they are told. */
export class ScriptedBrokers {
  readonly network: MemoryNetwork;
  readonly produced: Produced[] = [];
  metadataAsked = 0;
  leader = 1;
  leaderEpoch = 1;
  /** Whether a broker that is not the leader says who is. */
  tellsLeader = true;
  produceMax = 13;
  throttleMs = 0;
  readonly #time: VirtualTime;
  #offset = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
    this.network = new MemoryNetwork(time);
  }

  async listen(): Promise<void> {
    for (const node of [1, 2]) {
      await this.network.listen({ host: 'broker', port: FIRST_PORT + node }, (connection) =>
        this.#serve(node, connection),
      );
    }
  }

  #serve(node: number, connection: Connection): ConnectionHandler {
    const frames = new FrameReceiver({
      frameBytesMax: 1 << 20,
      onFrame: (frame) => connection.write([this.#answer(node, new ByteReader(Buffer.from(frame)))]),
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
    const header = decode(requestHeader, requestHeaderVersion(key, version), reader);
    const answer = <Req extends Fields, Res extends Fields>(
      api: Api<Req, Res>,
      reply: (request: ReadMessage<Api<Req, Res>['request']>) => WriteMessage<Api<Req, Res>['response']>,
    ): Uint8Array => {
      const request = decodeExact(api.request, version, reader);
      const writer = new ByteWriter();
      writer.reserve(SIZE_BYTES);
      encode(responseHeader, responseHeaderVersion(key, version), writer, { correlationId: header.correlationId });
      encode(api.response, version, writer, reply(request));
      const bytes = writer.finish();
      bytes.writeInt32BE(bytes.length - SIZE_BYTES);
      return bytes;
    };
    switch (key) {
      case apiVersions.key:
        return answer(apiVersions, () => ({ errorCode: 0, apiKeys: this.#versions(), throttleTimeMs: 0 }));
      case metadata.key:
        this.metadataAsked++;
        return answer(metadata, () => this.#metadata());
      case initProducerId.key:
        return answer(initProducerId, () => ({ errorCode: 0, producerId: 5, producerEpoch: 0 }));
      case produce.key:
        return answer(produce, (request) => this.#produce(node, version, request));
      default:
        return assert.fail(`a request of key ${key}`);
    }
  }

  #versions(): { apiKey: number; minVersion: number; maxVersion: number }[] {
    return [produce, metadata, apiVersions, initProducerId].map(({ key }) => {
      const { min, stableMax } = apiTable.get(key)!;
      return { apiKey: key, minVersion: min, maxVersion: key === produce.key ? this.produceMax : stableMax };
    });
  }

  #metadata(): WriteMessage<typeof metadata.response> {
    const partition = { partitionIndex: 0, leaderId: this.leader, leaderEpoch: this.leaderEpoch, errorCode: 0 };
    return {
      brokers: [1, 2].map((nodeId) => ({ nodeId, host: 'broker', port: FIRST_PORT + nodeId })),
      errorCode: 0,
      clusterId: 'c',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 'orders',
          topicId: TOPIC_ID,
          partitions: [{ ...partition, replicaNodes: [1, 2], isrNodes: [1, 2], offlineReplicas: [] }],
        },
      ],
    };
  }

  #produce(
    node: number,
    version: number,
    request: ReadMessage<typeof produce.request>,
  ): WriteMessage<typeof produce.response> {
    const topic = request.topicData[0]!;
    const records = decodeRecords(Buffer.from(topic.partitionData[0]!.records!));
    const values = records.map(({ value }) => Buffer.from(value!).toString());
    const { name, topicId } = topic;
    this.produced.push({ node, version, topicId, values, atMs: this.#time.monotonicMs() });
    const isLeader = node === this.leader;
    const baseOffset = isLeader ? this.#offset : -1;
    if (isLeader) this.#offset += records.length;
    const hints = !isLeader && this.tellsLeader;
    const answer = { index: 0, errorCode: isLeader ? 0 : E.NOT_LEADER_OR_FOLLOWER.code, baseOffset, recordErrors: [] };
    const currentLeader = hints ? { leaderId: this.leader, leaderEpoch: this.leaderEpoch } : {};
    return {
      responses: [{ name, topicId, partitionResponses: [{ ...answer, currentLeader }] }],
      throttleTimeMs: this.throttleMs,
      nodeEndpoints: hints ? [{ nodeId: this.leader, host: 'broker', port: FIRST_PORT + this.leader }] : [],
    };
  }
}
