import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot, compatRoot } from '../paths.ts';
import { go } from '../tools/go.ts';
import { kafkaClassPath, needJava, type FurtherJars } from '../tools/kafka-jars.ts';
import { must } from '../tools/tool.ts';

/** A command line: program first. */
export type CommandLine = readonly string[];

/** Runs the class of a folder here with the Java client; compiled when its source is newer. Throws where there is no Java. */
export function javaProgram(folder: string, className: string, more?: FurtherJars): CommandLine {
  needJava();
  const classPath = kafkaClassPath(more);
  const source = join(compatRoot, 'clients', folder, `${className}.java`);
  const classes = join(cacheRoot, folder);
  if (isOlder(join(classes, `${className}.class`), source)) {
    mkdirSync(classes, { recursive: true });
    must('javac', ['-nowarn', '-proc:none', '-cp', classPath, '-d', classes, source]);
  }
  return javaClass(`${classes}:${classPath}`, className);
}

/** Runs a class of a class path, in a small JVM that starts fast and logs errors only. */
export function javaClass(classPath: string, className: string): CommandLine {
  const jvm = [
    '-Xmx384m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
  ];
  return ['java', ...jvm, '-cp', classPath, className];
}

/** The program of a Go module in a folder here, built when its source is newer. Throws where there is no Go. */
export function goProgram(folder: string): string {
  const module = join(compatRoot, 'clients', folder);
  const program = join(cacheRoot, folder);
  if (isOlder(program, join(module, 'main.go'))) {
    mkdirSync(cacheRoot, { recursive: true });
    must(go(), ['build', '-buildvcs=false', '-o', program, '.'], { cwd: module });
  }
  return program;
}

function isOlder(built: string, source: string): boolean {
  return !existsSync(built) || statSync(built).mtimeMs < statSync(source).mtimeMs;
}
