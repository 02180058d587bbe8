import { ByteReader } from '../../base/byte-reader.ts';
import { Malformed } from '../../base/malformed.ts';
import { apiTable, requestHeaderVersion, responseHeaderVersion } from '../../protocol/api-table.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { E } from '../../protocol/errors.ts';
import { requestHeader, responseHeader } from '../../protocol/request-header.ts';
import type { Fields, Read, Write } from '../../protocol/schema.ts';
import { apiVersions } from '../../protocol/messages/018-api-versions.ts';
import { closedFrame, openFrame, SIZE_BYTES } from '../../wire/frame.ts';
import type { ClientRates } from './client-quotas.ts';
import { isForControllerOnly } from '../controller-channel.ts';
import { errorResponse } from './error-response.ts';
import type { AnyHandler } from './handler.ts';
import { isServed, loadHandler } from '../handlers/all.ts';
import type { Peer, RequestContext } from './request-context.ts';
import type { BrokerServices } from '../services.ts';

/** Where the answer to one request goes; answers leave in the order of the requests. */
export interface ResponseSlot {
  /** Without chunks nothing is sent, but the requests behind it may go on. */
  fill(chunks: readonly Uint8Array[], sent?: () => void): void;
  /** Called before {@link fill}: the client went beyond a quota, and is not served any further for `pauseMs`. */
  throttle(pauseMs: number): void;
}

/** The request cannot be served and the connection has to be closed. */
export class ProtocolViolation extends Error {
  override name = 'ProtocolViolation';
}

/** The key of the request in a frame, without reading more; -1 when the frame is too short. */
export function peekApiKey(frame: Uint8Array): number {
  return frame.length < 2 ? -1 : (frame[0]! << 8) | frame[1]!;
}

/** Reads one request frame, finds its handler, and writes the answer. Throws {@link ProtocolViolation} for what Kafka hangs up on. */
export function dispatch(frame: Uint8Array, peer: Peer, broker: BrokerServices, slot: ResponseSlot): void {
  const reader = new ByteReader(frame);
  let context: RequestContext;
  try {
    context = readHeader(reader, peer);
  } catch (error) {
    throw asViolation(error, 'its header');
  }
  if (context.apiKey === apiVersions.key && !isServed(context.apiKey, context.apiVersion)) {
    slot.fill(unsupportedApiVersions(context));
    return;
  }
  if (isForControllerOnly(context.apiKey) && !broker.controller.isActive) {
    forward({ context, reader, broker, slot });
    return;
  }
  serveLoaded({ context, reader, broker, slot });
}

/** Has the controller answer, wherever it is. */
function forward(exchange: Exchange): void {
  const { reader, broker, slot } = exchange;
  broker.controllerChannel.forward(reader.bytes, (forwarded) => {
    broker.turn.run(() => {
      if (forwarded === 'local') serveLoaded(exchange);
      else if (forwarded === 'timed out') refuse(exchange);
      else slot.fill(withSize(forwarded.answer));
    });
  });
}

/** Nobody could be asked in time. */
function refuse({ context, broker, slot }: Exchange): void {
  void Promise.resolve(loadHandler(context.apiKey)).then((handler) =>
    broker.turn.run(() => {
      const response = errorResponse(handler.api.response.fields, context.apiVersion, E.REQUEST_TIMED_OUT);
      slot.fill(frameResponse(handler, context, response));
    }),
  );
}

function withSize(answer: Uint8Array): Uint8Array[] {
  const size = new Uint8Array(SIZE_BYTES);
  new DataView(size.buffer).setInt32(0, answer.length);
  return [size, answer.slice()];
}

/** The chunks of an answer as one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function serveLoaded({ context, reader, broker, slot }: Exchange): void {
  const { peer } = context;
  const found = loadHandler(context.apiKey);
  if (found instanceof Promise) {
    found.then(
      (handler) => broker.turn.run(() => serveLater(handler, { context, reader, broker, slot })),
      (error: unknown) => broker.closeConnection(peer.connectionId, `no handler: ${String(error)}`),
    );
    return;
  }
  serve(found, { context, reader, broker, slot });
}

interface Exchange {
  context: RequestContext;
  reader: ByteReader;
  broker: BrokerServices;
  slot: ResponseSlot;
}

function serveLater(handler: AnyHandler, exchange: Exchange): void {
  try {
    serve(handler, exchange);
  } catch (error) {
    exchange.broker.closeConnection(exchange.context.peer.connectionId, String(error));
  }
}

function readHeader(reader: ByteReader, peer: Peer): RequestContext {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const isKnown = isServed(apiKey, apiVersion);
  if (!isKnown && apiKey !== apiVersions.key) {
    throw new ProtocolViolation(`API key ${apiKey} version ${apiVersion} is not served`);
  }
  reader.position = 0;
  // The header of an ApiVersions request of the future is read as the newest one known.
  const version = requestHeaderVersion(apiKey, isKnown ? apiVersion : apiTable.get(apiKey)!.max);
  const header = decode(requestHeader, version, reader);
  return { apiKey, apiVersion, correlationId: header.correlationId, clientId: header.clientId ?? '', peer };
}

function serve(handler: AnyHandler, exchange: Exchange): void {
  const { context, reader, broker, slot } = exchange;
  let request;
  try {
    request = decode(handler.api.request, context.apiVersion, reader);
  } catch (error) {
    throw asViolation(error, `${handler.api.name} version ${context.apiVersion}`);
  }
  broker.metrics.requestTaken(context.apiKey);
  const rates = isBetweenBrokers(request) ? undefined : broker.clientQuotas.of(context.clientId);
  if (rates === undefined) {
    handler.serve(request, context, broker, (response, sent) => {
      slot.fill(response === undefined ? [] : frameResponse(handler, context, response), sent);
    });
  } else {
    serveWithin(rates, handler, request, exchange);
  }
}

/** A follower's fetch is no client's load. */
function isBetweenBrokers(request: Read<Fields>): boolean {
  const { replicaState, replicaId } = request as { replicaState?: { replicaId: number }; replicaId?: number };
  return (replicaState?.replicaId ?? -1) >= 0 || (replicaId ?? -1) >= 0;
}

/**
 * Serves a request and counts it against its client's quotas. As in Kafka the answer goes out at once, with the pause in
 * it, and the connection is silent for that long; other than in Kafka a fetch beyond its quota brings its records, too.
 */
function serveWithin(rates: ClientRates, handler: AnyHandler, request: Read<Fields>, exchange: Exchange): void {
  const { context, reader, broker, slot } = exchange;
  const startedMs = broker.clock.monotonicMs();
  let servedMs: number | undefined;
  handler.serve(request, context, broker, (response, sent) => {
    const nowMs = broker.clock.monotonicMs();
    const chunks = response === undefined ? [] : frameResponse(handler, context, response);
    const cost = {
      apiKey: context.apiKey,
      requestBytes: reader.bytes.length,
      responseBytes: chunks.reduce((sum, { length }) => sum + length, 0),
      busyMs: servedMs ?? nowMs - startedMs,
      isUnanswered: response === undefined,
    };
    const throttleTimeMs = rates.record(cost, nowMs);
    if (throttleTimeMs === 0) {
      slot.fill(chunks, sent);
      return;
    }
    slot.throttle(throttleTimeMs);
    const tellsPause = response !== undefined && 'throttleTimeMs' in handler.api.response.fields;
    slot.fill(tellsPause ? frameResponse(handler, context, { ...response, throttleTimeMs }) : chunks, sent);
  });
  servedMs = broker.clock.monotonicMs() - startedMs;
}

/** The response with its length and header in front; record batches stay the views they are. */
export function frameResponse(handler: AnyHandler, context: RequestContext, response: Write<Fields>): Uint8Array[] {
  const writer = openFrame();
  const headerVersion = responseHeaderVersion(context.apiKey, context.apiVersion);
  encode(responseHeader, headerVersion, writer, { correlationId: context.correlationId });
  encode(handler.api.response, context.apiVersion, writer, response);
  return closedFrame(writer);
}

/** An ApiVersions request newer than ours is answered in version 0 with our range, so that the client asks again. */
function unsupportedApiVersions(context: RequestContext): Uint8Array[] {
  const range = apiTable.get(apiVersions.key)!;
  const writer = openFrame();
  writer.int32(context.correlationId);
  encode(apiVersions.response, 0, writer, {
    errorCode: E.UNSUPPORTED_VERSION.code,
    apiKeys: [{ apiKey: apiVersions.key, minVersion: range.min, maxVersion: range.max }],
    throttleTimeMs: 0,
  });
  return closedFrame(writer);
}

function asViolation(error: unknown, what: string): unknown {
  return error instanceof Malformed ? new ProtocolViolation(`malformed ${what}: ${error.message}`) : error;
}
