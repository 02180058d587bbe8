import { LOCAL_ERRORS, LOCAL_RETRIABLE } from '../src/client/client-error.ts';
import { E, isRetriable, type RetryClass } from '../src/protocol/errors.ts';

const INTRODUCTION = `# Errors of the client

This page is made from \`src/protocol/errors.ts\` and \`src/client/client-error.ts\` by \`node dist/scripts/generate-docs.js\`.

Every failure of \`posthorn/client\` is a \`KafkaError\`: \`code\` is one of the names below, \`retriable\` says whether the same call may succeed later, and
\`cause\` is the error behind it. What is retriable was already tried again until \`requestTimeoutMs\` or \`deliveryTimeoutMs\`; then a \`TimeoutError\` has the
last failure as its \`cause\`.

| class | for |
| --- | --- |
| \`ConnectionError\` | \`CONNECTION_FAILED\` |
| \`TimeoutError\` | \`TIMED_OUT\` |
| \`BrokerError\` | everything in Kafka's table; \`spec\` has the row |
| \`FencedError\` | a \`BrokerError\`: somebody else took this one's place |
| \`KafkaError\` | the base of all, and the client's other codes |`;

const ANSWERS: Readonly<Record<RetryClass, string>> = {
  never: 'the same request fails again',
  retry: 'try again',
  refreshMetadata: 'ask for leaders, then try again',
  findCoordinator: 'look the coordinator up, then try again',
  fenced: 'this identity is over: start anew',
  abortTxn: 'abort the transaction, then go on',
};

/** The page of all error codes that a caller can meet. */
export function clientErrorsPage(): string {
  const local = Object.entries(LOCAL_ERRORS).map(
    ([code, text]) => `| \`${code}\` | ${LOCAL_RETRIABLE.has(code) ? 'yes' : 'no'} | ${cell(text)} |`,
  );
  const broker = Object.values(E)
    .filter((spec) => spec !== E.NONE)
    .toSorted((a, b) => a.code - b.code)
    .map(
      (spec) =>
        `| ${spec.code} | \`${spec.name}\` | ${isRetriable(spec) ? 'yes' : 'no'} | ${ANSWERS[spec.retry]} | ${cell(spec.text)} |`,
    );
  return [
    INTRODUCTION,
    "## The client's own codes",
    ['| code | retriable | meaning |', '| --- | --- | --- |', ...local].join('\n'),
    "## Kafka's codes",
    ['| number | code | retriable | what helps | text |', '| --- | --- | --- | --- | --- |', ...broker].join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
