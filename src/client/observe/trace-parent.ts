/** The headers of the W3C's Trace Context recommendation. */
export const TRACE_PARENT = 'traceparent';
export const TRACE_STATE = 'tracestate';

const OURS = '00';
const FORBIDDEN_VERSION = 'ff';
const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);
/** What later versions append is not ours to read; version 00 ends after the flags. */
const FORMAT =
  /^(?<version>[\da-f]{2})-(?<traceId>[\da-f]{32})-(?<spanId>[\da-f]{16})-(?<flags>[\da-f]{2})(?<more>-.*)?$/;

/** A span as it travels. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Bit 0: the trace is recorded. */
  readonly traceFlags: number;
}

/** The header's text; undefined for a span that does not exist. */
export function traceParentText({ traceId, spanId, traceFlags }: TraceParent): string | undefined {
  const text = `${OURS}-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  return traceParentOf(text) === undefined ? undefined : text;
}

/** The span in a header; undefined where the text is none of the recommendation. */
export function traceParentOf(text: string): TraceParent | undefined {
  const parts = FORMAT.exec(text.trim())?.groups;
  const { version, traceId = NO_TRACE_ID, spanId = NO_SPAN_ID, flags = '00', more } = parts ?? {};
  if (traceId === NO_TRACE_ID || spanId === NO_SPAN_ID || version === FORBIDDEN_VERSION) return undefined;
  if (version === OURS && more !== undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}
