import { ByteWriter } from '../base/byte-writer.ts';
import { requestHeaderVersion } from '../protocol/api-table.ts';
import { encode } from '../protocol/codec.ts';
import { requestHeader } from '../protocol/request-header.ts';
import type { Api, Fields, Write } from '../protocol/schema.ts';

/** In front of every frame stands its size, itself not counted. */
export const SIZE_BYTES = 4;

/** A request on its way out. */
export interface Outgoing<Req extends Fields, Res extends Fields> {
  readonly api: Api<Req, Res>;
  readonly version: number;
  readonly body: Write<Req>;
}

/** A request as it goes over the wire. Throws when the version cannot carry the body. */
export function requestFrame<Req extends Fields, Res extends Fields>(
  { api, version, body }: Outgoing<Req, Res>,
  correlationId: number,
  clientId: string,
): Uint8Array[] {
  const writer = new ByteWriter();
  writer.reserve(SIZE_BYTES);
  encode(requestHeader, requestHeaderVersion(api.key, version), writer, {
    requestApiKey: api.key,
    requestApiVersion: version,
    correlationId,
    clientId,
  });
  encode(api.request, version, writer, body);
  const chunks = writer.chunks();
  writer.view.setInt32(0, writer.size - SIZE_BYTES);
  return chunks;
}
