import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../paths.ts';
import { aptInstall, must, output } from './tool.ts';

/** The release of Apache Kafka that everything is compared with. */
export const KAFKA_VERSION = '4.3.1';

const FETCH_MS = 600_000;
const artifacts = ['kafka_2.13', 'kafka-tools', 'kafka-clients'] as const;

/** What only some suites need, beside the broker and its tools. */
export type FurtherJars = 'kafka-streams' | 'connect-file';
const further: Readonly<Record<FurtherJars, readonly string[]>> = {
  'kafka-streams': ['kafka-streams'],
  'connect-file': ['connect-runtime', 'connect-file'],
};

/** Makes sure of Java with its compiler, and of Maven; throws with the reason where they cannot be had. */
export function needJava(): void {
  const hasJava = output('javac', ['-version']) !== undefined && output('java', ['-version']) !== undefined;
  const hasMaven = output('mvn', ['-version']) !== undefined;
  if (hasJava && hasMaven) return;
  const failed = aptInstall([...(hasJava ? [] : ['default-jdk-headless']), ...(hasMaven ? [] : ['maven'])]);
  if (failed !== undefined) throw new Error(`no Java or Maven: ${failed}`);
}

/**
 * The directory with Apache Kafka's jars, fetched by their Maven coordinates on first use; those with further ones are a
 * directory of their own.
 */
export function kafkaJars(more?: FurtherJars): string {
  const given = process.env['COMPAT_KAFKA_JARS'];
  if (given !== undefined) return given;
  const home = join(cacheRoot, `kafka-${KAFKA_VERSION}${more === undefined ? '' : `-${more}`}`);
  const ready = join(home, '.ready');
  if (existsSync(ready)) return join(home, 'lib');
  needJava();
  mkdirSync(home, { recursive: true });
  const wanted = [...artifacts, ...(more === undefined ? [] : further[more])];
  const dependencies = wanted.map((artifact) => dependency('org.apache.kafka', artifact, KAFKA_VERSION));
  dependencies.push(dependency('org.slf4j', 'slf4j-simple', '1.7.36'));
  const pom = join(home, 'pom.xml');
  writeFileSync(
    pom,
    `<project><modelVersion>4.0.0</modelVersion><groupId>posthorn</groupId><artifactId>kafka-jars</artifactId>` +
      `<version>1</version><packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  must('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${join(home, 'lib')}`], {
    timeoutMs: FETCH_MS,
  });
  writeFileSync(ready, '');
  return join(home, 'lib');
}

/** The class path of all jars, each named, in a fixed order: an archive of classes fits only the path it was made with. */
export function kafkaClassPath(more?: FurtherJars): string {
  const lib = kafkaJars(more);
  return readdirSync(lib)
    .filter((name) => name.endsWith('.jar'))
    .toSorted()
    .map((name) => join(lib, name))
    .join(':');
}

function dependency(group: string, artifact: string, version: string): string {
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}
