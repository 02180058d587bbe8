import type { RecordHeader } from '../../records/record-cursor.ts';
import { lazyPackage } from '../../runtime/packages.ts';
import { TRACE_PARENT, TRACE_STATE, traceParentOf, traceParentText, type TraceParent } from './trace-parent.ts';

/** A list of vendors' entries beside a trace, as OpenTelemetry's API has it. */
export interface TraceState {
  get(key: string): string | undefined;
  set(key: string, value: string): TraceState;
  unset(key: string): TraceState;
  serialize(): string;
}

/** Where a record came from: fits OpenTelemetry's `trace.setSpanContext` as it is. */
export interface RemoteSpanContext extends TraceParent {
  readonly isRemote: true;
  /** Only where `@opentelemetry/api` is installed. */
  readonly traceState?: TraceState;
}

/** What is used of `@opentelemetry/api`, from its version 1.3 on. */
interface Api {
  readonly trace: {
    getActiveSpan(): { spanContext(): TraceParent & { readonly traceState?: TraceState } } | undefined;
  };
  createTraceState(text: string): TraceState;
}

const load = lazyPackage('@opentelemetry/api');
let api: Api | null | undefined;

/** OpenTelemetry's API where it is installed; looked for once. */
function openTelemetry(): Api | null {
  if (api === undefined) {
    try {
      api = load() as Api;
    } catch {
      api = null;
    }
  }
  return api;
}

/** A record's headers with those of the span that is active now; as they are when there is none, or they name one already. */
export function withActiveSpan(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  const span = openTelemetry()?.trace.getActiveSpan();
  if (span === undefined || headers.some(({ key }) => key === TRACE_PARENT)) return headers;
  const context = span.spanContext();
  const text = traceParentText(context);
  if (text === undefined) return headers;
  const added = [{ key: TRACE_PARENT, value: Buffer.from(text) }];
  const state = context.traceState?.serialize() ?? '';
  if (state !== '') added.push({ key: TRACE_STATE, value: Buffer.from(state) });
  return [...headers, ...added];
}

/** The span in which a record was sent, by its `traceparent` header; undefined when it names none. */
export function spanContextOf({
  headers,
}: {
  readonly headers: readonly RecordHeader[];
}): RemoteSpanContext | undefined {
  const parent = traceParentOf(textOf(headers, TRACE_PARENT));
  if (parent === undefined) return undefined;
  const state = textOf(headers, TRACE_STATE);
  const traceState = state === '' ? undefined : openTelemetry()?.createTraceState(state);
  return { ...parent, isRemote: true, ...(traceState === undefined ? {} : { traceState }) };
}

/** The last header of that name: a record that was sent on may carry more than one. */
function textOf(headers: readonly RecordHeader[], name: string): string {
  const value = headers.findLast(({ key }) => key === name)?.value;
  return value === undefined || value === null ? '' : Buffer.from(value).toString();
}
