import { basename, resolve } from 'node:path';
import { nodeDisk } from '../../../runtime/node-disk.ts';
import { DiskError } from '../../../runtime/disk.ts';
import { javaFailure, uncaught } from '../../tools/java-failure.ts';
import { writeText } from '../../../runtime/write-text.ts';
import { STDERR } from '../../descriptors.ts';
import { ProgressBar } from '../../tools/progress-bar.ts';
import { nodeScreen, type Screen } from '../../tools/screen.ts';
import { OutputBuffer } from '../../tools/output-buffer.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { dumpBatches } from './dump-batches.ts';
import { DumpFindings } from './dump-findings.ts';
import { dumpOffsetIndex, dumpTimeIndex } from './dump-indexes.ts';
import type { Dump } from './dump.ts';
import { dumpPlanIn, type DumpPlan } from './dump-log-options.ts';
import { dumpProducerSnapshot, dumpTransactionIndex } from './dump-producers.ts';

/** `kafka-dump-log` (DumpLogSegments): prints what lies in the files of a log. */
export const dumpLogTool: Tool = {
  name: 'kafka-dump-log',
  run(args, world) {
    try {
      const plan = dumpPlanIn(args, world);
      if (plan !== undefined) dumpAll(plan, world);
      return Promise.resolve(0);
    } catch (error) {
      if (error instanceof ToolFailure) return Promise.reject(error);
      return Promise.reject(failureOf(error));
    }
  },
};

function dumpAll(plan: DumpPlan, world: ToolWorld): void {
  const output = new OutputBuffer(world);
  const findings = new DumpFindings();
  const bars = { runtime: world.runtime, draw: (text: string) => writeText(STDERR, text) };
  // A bar among the lines of a dump would spoil them.
  const { isTerminal, isErrorTerminal, ...shown } = nodeScreen();
  const screen: Screen = { ...shown, isTerminal, isErrorTerminal: isErrorTerminal && !isTerminal };
  const dump: Dump = {
    plan,
    output,
    findings,
    open: (path) => nodeDisk.open(resolve(path), 'read'),
    err: (line) => {
      output.flush();
      world.err(line);
    },
    progress: (path, bytes) => new ProgressBar(bars, screen, `reading ${basename(path)}`, bytes),
  };
  try {
    for (const path of plan.files) {
      output.text(`Dumping ${path}\n`);
      dumpFile(path, dump);
    }
  } finally {
    output.flush();
  }
  for (const line of findings.lines()) world.err(line);
}

function dumpFile(path: string, dump: Dump): void {
  const suffix = /\.[^.]*$/.exec(basename(path))?.[0];
  switch (suffix) {
    case '.log':
    case '.checkpoint':
      dumpBatches(path, dump);
      break;
    case '.index':
      dumpOffsetIndex(path, dump);
      break;
    case '.timeindex':
      dumpTimeIndex(path, dump);
      break;
    case '.snapshot':
      dumpProducerSnapshot(path, dump);
      break;
    case '.txnindex':
      dumpTransactionIndex(path, dump);
      break;
    case undefined: {
      const text = `begin -1, end ${basename(path).length}, length ${basename(path).length}`;
      throw uncaught(javaFailure('java.lang.StringIndexOutOfBoundsException', text));
    }
    default:
      dump.err(`Ignoring unknown file ${path}`);
  }
}

function failureOf(error: unknown): ToolFailure {
  if (error instanceof DiskError && error.code === 'ENOENT') {
    return uncaught(javaFailure('java.nio.file.NoSuchFileException', error.path));
  }
  return uncaught(error);
}
