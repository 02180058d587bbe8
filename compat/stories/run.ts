import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../brokers/kafka.ts';
import { startPosthorn } from '../brokers/posthorn.ts';
import { javaClass } from '../clients/programs.ts';
import { runToEnd } from '../clients/processes.ts';
import { cacheRoot, compatRoot, repositoryRoot } from '../paths.ts';
import { kafkaClassPath, needJava } from '../tools/kafka-jars.ts';
import { must } from '../tools/tool.ts';
import { javaSnippets } from './java-snippets.ts';

/**
 * Plays the stories of examples/, and the same ones written in Java with Kafka's own clients (`java/`), on one broker. Each checks itself and ends
 * with an error if it does not go as told. Then the Java programs of docs/from-java.md.
 *
 *   node dist/compat/stories/run.js [--story PART]...     BROKER=kafka: on Apache Kafka
 *
 * Closes with "N passed, M failed".
 */
const { values } = parseArgs({ options: { story: { type: 'string', multiple: true, default: [] } } });
const STORY_MS = 240_000;
const stories = [
  { folder: 'shop', className: 'Shop' },
  { folder: 'concert', className: 'Concert' },
  { folder: 'exactly-once', className: 'ExactlyOnce' },
  { folder: 'mistakes', className: 'Mistakes' },
] as const;

/** Compiles the Java stories when a source is newer; gives the class path that runs them. */
function javaStories(): string {
  needJava();
  const classPath = kafkaClassPath();
  const folder = join(compatRoot, 'stories', 'java');
  const sources = readdirSync(folder).map((name) => join(folder, name));
  const classes = join(cacheRoot, 'stories');
  const compiled = join(classes, 'Story.class');
  const isOld = !existsSync(compiled) || sources.some((path) => statSync(path).mtimeMs > statSync(compiled).mtimeMs);
  if (isOld) {
    mkdirSync(classes, { recursive: true });
    must('javac', ['-nowarn', '-proc:none', '-cp', classPath, '-d', classes, ...sources]);
  }
  return `${classes}:${classPath}`;
}

const classPath = javaStories();
const isKafka = process.env['BROKER'] === 'kafka';
const broker = await (isKafka ? startKafka() : startPosthorn());
process.env['BOOTSTRAP'] = broker.bootstrap;
const isWanted = (name: string): boolean =>
  values.story.length === 0 || values.story.some((part) => name.includes(part));
const plays = stories.flatMap(({ folder, className }) => [
  {
    name: `${folder}, in TypeScript`,
    run: () => runToEnd([process.execPath, join(repositoryRoot, 'dist', 'examples', folder, 'main.js')], STORY_MS),
  },
  {
    name: `${folder}, in Java`,
    run: () => runToEnd([...javaClass(classPath, className), broker.bootstrap], STORY_MS),
  },
]);
const snippets = javaSnippets('docs/from-java.md', classPath, broker.bootstrap);
let passed = 0;
let failed = 0;
for (const { name, run } of [...plays, ...snippets].filter((play) => isWanted(play.name))) {
  const began = performance.now();
  try {
    await run();
    console.log(`ok   ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    passed++;
  } catch (error) {
    console.log(`FAIL ${name}\n${error instanceof Error ? error.message : String(error)}`);
    failed++;
  }
}
await broker.stop();
console.log(`${passed} passed, ${failed} failed on ${isKafka ? 'Apache Kafka' : 'Posthorn'}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
