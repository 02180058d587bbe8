import { test } from 'node:test';
import { startBroker } from '../../src/broker/index.ts';
import { readyPrograms, runProgram } from '../../scripts/run-snippets.ts';

const pages = ['docs/guide.md', 'docs/from-kafkajs.md', 'docs/from-java.md', 'docs/templates-and-listeners.md'];

for (const page of pages) {
  test(`the programs in ${page} compile and do what they say`, async (context) => {
    const broker = await startBroker({ port: 0, storage: 'memory', logLevel: 'silent' });
    context.after(() => broker.close());
    for (const ready of await readyPrograms(page)) {
      await context.test(ready.program.heading, () => runProgram(ready, broker.bootstrapServers));
    }
  });
}
