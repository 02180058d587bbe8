import {
  ADMIN_METRICS,
  CONSUMER_METRICS,
  NETWORK_METRICS,
  PRODUCER_METRICS,
  type MetricTable,
} from '../src/client/observe/metric-tables.ts';

const INTRODUCTION = `# What a client shows of itself

This page is made from \`src/client/observe/metric-tables.ts\` by \`node dist/scripts/generate-docs.js\`.

## Metrics

\`producer.metrics()\`, \`consumer.metrics()\` and \`admin.metrics()\` give a copy of plain numbers and cost nothing until they are called. Counters only grow: a rate
is the difference of two snapshots over the difference of their \`timestampMs\`. A mean is a total over its count.

\`\`\`ts
const before = producer.metrics();
// ... a while later
const now = producer.metrics();
const perSecond = (now.recordsWritten - before.recordsWritten) / ((now.timestampMs - before.timestampMs) / 1000);
\`\`\``;

const EVENTS = `## Events

Every client publishes on \`node:diagnostics_channel\`; while nobody listens no event is made.

| channel | when | with |
| --- | --- | --- |
| \`posthorn:client:send\` | a batch goes to its leader | \`topic\`, \`partition\`, \`nodeId\`, \`records\`, \`attempt\` |
| \`posthorn:client:ack\` | a batch was acknowledged | \`topic\`, \`partition\`, \`offset\`, \`records\`, \`durationMs\` |
| \`posthorn:client:fetch\` | a fetch was answered | \`nodeId\`, \`partitions\`, \`records\`, \`bytes\`, \`durationMs\` |
| \`posthorn:client:commit\` | offsets were committed, or not | \`groupId\`, \`offsets\`, \`durationMs\`, \`error\` |
| \`posthorn:client:rebalance\` | partitions came or went | \`groupId\`, \`kind\` (assigned, revoked, lost), \`partitions\` |
| \`posthorn:client:retry\` | something is tried again | \`about\`, \`attempt\`, \`waitMs\`, \`error\` |
| \`posthorn:client:error\` | something failed for good | \`about\`, \`error\` |
| \`posthorn:client:connection\` | a connection was opened, failed or closed | \`state\`, \`broker\`, \`error\` |

All have \`clientId\`; their types are in \`ClientEvents\`.

\`\`\`ts
import { subscribe } from 'node:diagnostics_channel';
import type { ClientEvents } from 'posthorn/client';

subscribe('posthorn:client:retry', (event) => {
  const { about, attempt, error } = event as ClientEvents['retry'];
  console.warn(\`\${about}: attempt \${attempt} failed with \${error.code}\`);
});
\`\`\`

## Traces

Where \`@opentelemetry/api\` is installed (it never has to be), \`send\` gives each record the span that is active then, as the W3C's \`traceparent\` and \`tracestate\` headers;
a record that has a \`traceparent\` keeps it, and \`traceHeaders: false\` switches this off. A reader goes on from there:

\`\`\`ts
import { context, trace } from '@opentelemetry/api';
import { spanContextOf } from 'posthorn/client';

for await (const record of consumer) {
  const from = spanContextOf(record);
  const parent = from === undefined ? context.active() : trace.setSpanContext(context.active(), from);
  tracer.startActiveSpan('process', {}, parent, (span) => handle(record).finally(() => span.end()));
}
\`\`\``;

/** The page of metrics, events and traces. */
export function clientMetricsPage(): string {
  return [
    INTRODUCTION,
    `### Of every client\n\n${tableOf(NETWORK_METRICS)}`,
    `### Of a producer\n\n${tableOf(PRODUCER_METRICS)}`,
    `### Of a consumer\n\n${tableOf(CONSUMER_METRICS)}`,
    `### Of an admin\n\n${tableOf(ADMIN_METRICS)}`,
    EVENTS,
  ]
    .join('\n\n')
    .concat('\n');
}

function tableOf(table: MetricTable): string {
  const rows = Object.entries(table).map(([name, { unit, text }]) => `| \`${name}\` | ${unit} | ${text} |`);
  return ['| metric | unit | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
