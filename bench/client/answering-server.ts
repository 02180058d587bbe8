import { createServer, type Socket } from 'node:net';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { decode, decodeExact, encode } from '../../src/protocol/codec.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { metadata } from '../../src/protocol/messages/003-metadata.ts';
import { apiVersions } from '../../src/protocol/messages/018-api-versions.ts';
import { initProducerId } from '../../src/protocol/messages/022-init-producer-id.ts';
import {
  requestHeader,
  requestHeaderVersion,
  responseHeader,
  responseHeaderVersion,
} from '../../src/protocol/request-header.ts';
import type { Api, Fields, ReadMessage, Write, WriteMessage } from '../../src/protocol/schema.ts';
import { closedFrame, openFrame } from '../../src/wire/frame.ts';
import { eachFrame } from './frames.ts';

/*
 * A server that only answers: it acknowledges what producers send, and forgets it. What a client reaches against it is all that
 * the client can do on this machine. Argument: partitions of every topic. Prints its port, and runs until it is killed.
 */

const VERSIONS_MAX = 3;
const METADATA_MAX = 9;
const PRODUCE_MAX = 8;
const PRODUCE_MIN = 3;
const INIT_MAX = 4;
const NODE_ID = 1;
const NONE = 0;
const served = [
  { apiKey: produce.key, minVersion: PRODUCE_MIN, maxVersion: PRODUCE_MAX },
  { apiKey: metadata.key, minVersion: 0, maxVersion: METADATA_MAX },
  { apiKey: apiVersions.key, minVersion: 0, maxVersion: VERSIONS_MAX },
  { apiKey: initProducerId.key, minVersion: 0, maxVersion: INIT_MAX },
];
/** ApiVersions beyond ours: answered in version 0, and the client asks again. */
const UNSUPPORTED_VERSION = 35;

const partitions = Number(process.argv[2]);
const nextOffsets = new Map<string, number>();
let nextProducerId = 0;

function answerTo(frame: Buffer, port: number): Buffer | undefined {
  const [key, version, correlationId] = [frame.readInt16BE(0), frame.readInt16BE(2), frame.readInt32BE(4)];
  const reader = new ByteReader(frame);
  decode(requestHeader, requestHeaderVersion(key, version), reader);
  switch (key) {
    case produce.key:
      return acknowledgement(decodeExact(produce.request, version, reader), version, correlationId);
    case metadata.key:
      return encoded(
        metadata,
        version,
        correlationId,
        topicsAsked(decodeExact(metadata.request, version, reader), port),
      );
    case apiVersions.key: {
      if (version <= VERSIONS_MAX)
        return encoded(apiVersions, version, correlationId, { errorCode: NONE, apiKeys: served });
      return encoded(apiVersions, 0, correlationId, { errorCode: UNSUPPORTED_VERSION, apiKeys: served });
    }
    case initProducerId.key:
      return encoded(initProducerId, version, correlationId, {
        errorCode: NONE,
        producerId: nextProducerId++,
        producerEpoch: 0,
      });
    default:
      throw new Error(`API ${key} is not served`);
  }
}

function acknowledgement(
  { acks, topicData }: ReadMessage<typeof produce.request>,
  version: number,
  correlationId: number,
): Buffer | undefined {
  if (acks === 0) return undefined;
  const responses = topicData.map(({ name, partitionData }) => ({
    name,
    topicId: ZERO_UUID,
    partitionResponses: partitionData.map(({ index }) => {
      const place = `${name}-${index}`;
      const baseOffset = nextOffsets.get(place) ?? 0;
      nextOffsets.set(place, baseOffset + 1);
      return { index, errorCode: NONE, baseOffset, recordErrors: [] };
    }),
  }));
  return encoded(produce, version, correlationId, { responses });
}

function topicsAsked(
  { topics }: ReadMessage<typeof metadata.request>,
  port: number,
): WriteMessage<typeof metadata.response> {
  const one = [NODE_ID];
  const led = {
    errorCode: NONE,
    leaderId: NODE_ID,
    leaderEpoch: 0,
    replicaNodes: one,
    isrNodes: one,
    offlineReplicas: [],
  };
  return {
    errorCode: NONE,
    brokers: [{ nodeId: NODE_ID, host: '127.0.0.1', port }],
    clusterId: 'answering',
    controllerId: NODE_ID,
    topics: (topics ?? []).map(({ name }) => ({
      errorCode: NONE,
      name,
      topicId: ZERO_UUID,
      partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, ...led })),
    })),
  };
}

function encoded<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  version: number,
  correlationId: number,
  body: Write<Res>,
): Buffer {
  const writer = openFrame();
  encode(responseHeader, responseHeaderVersion(api.key, version), writer, { correlationId });
  encode(api.response, version, writer, body);
  return Buffer.concat(closedFrame(writer));
}

function serve(socket: Socket, port: number): void {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  eachFrame(socket, (frame) => {
    const answer = answerTo(frame, port);
    if (answer !== undefined) socket.write(answer);
  });
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.on('connection', (socket) => serve(socket, address.port));
  console.log(address.port);
});
