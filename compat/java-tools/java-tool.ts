import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { endsWithUs } from '../brokers/running-broker.ts';
import { cacheRoot } from '../paths.ts';
import { KAFKA_VERSION, kafkaClassPath, needJava } from '../tools/kafka-jars.ts';

const TOOL_MS = 40_000;

/** What a tool did: its exit code (undefined: it had to be ended) and all that it printed. */
export interface ToolResult {
  readonly code: number | undefined;
  readonly text: string;
}

/** The same, with what went to each of its outputs. */
export interface ToolOutputs {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export interface ToolOptions {
  /** What it reads from its input. */
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** A tool that runs until it is ended. */
export interface LiveTool {
  readonly end: () => Promise<ToolResult>;
}

/** The classes of Kafka's command line tools, by the names of their scripts. */
const classes = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
} as const;
export type ToolName = keyof typeof classes;

const QUIET = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off';

/** Runs Kafka's own tools. An archive of their classes, made on first use, halves the time each takes to start. */
export class JavaTools {
  readonly #jvm: readonly string[];

  private constructor(sharing: readonly string[]) {
    const light = [
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Xmx256m',
      '-Xlog:disable',
      '-Xlog:all=error:stderr',
    ];
    this.#jvm = [...light, ...sharing, QUIET, '-cp', kafkaClassPath()];
  }

  /** Makes sure of Java, the jars and the archive; throws with the reason where they cannot be had. */
  static async prepare(bootstrap: string): Promise<JavaTools> {
    needJava();
    mkdirSync(cacheRoot, { recursive: true });
    const archive = join(cacheRoot, `tools-${KAFKA_VERSION}.jsa`);
    if (!existsSync(archive)) {
      const first = new JavaTools([`-XX:ArchiveClassesAtExit=${archive}`]);
      await first.run('kafka-topics', ['--bootstrap-server', bootstrap, '--list']);
    }
    return new JavaTools([`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto']);
  }

  async run(tool: ToolName, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
    const { done, child } = this.#start(tool, args);
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? TOOL_MS);
    child.stdin.end(options.input ?? '');
    const result = await done;
    clearTimeout(timer);
    return result;
  }

  /** As {@link run}, with the two outputs kept apart. */
  async runApart(tool: ToolName, args: readonly string[], options: ToolOptions = {}): Promise<ToolOutputs> {
    const child = endsWithUs(
      spawn('java', [...this.#jvm, classes[tool], ...args], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? TOOL_MS);
    const said: { readonly out: string[]; readonly err: string[] } = { out: [], err: [] };
    child.stdout.on('data', (chunk: Buffer) => said.out.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => said.err.push(chunk.toString()));
    const code = await new Promise<number | undefined>((finished) => {
      child.once('close', (ended) => finished(ended ?? undefined));
    });
    clearTimeout(timer);
    return { code, out: said.out.join(''), err: said.err.join('') };
  }

  start(tool: ToolName, args: readonly string[]): LiveTool {
    const { done, child } = this.#start(tool, args);
    return {
      end: async () => {
        child.kill('SIGTERM');
        return done;
      },
    };
  }

  #start(
    tool: ToolName,
    args: readonly string[],
  ): { child: ReturnType<typeof spawn> & { stdin: NodeJS.WritableStream }; done: Promise<ToolResult> } {
    const child = endsWithUs(
      spawn('java', [...this.#jvm, classes[tool], ...args], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    child.stdin.on('error', () => {});
    const done = new Promise<ToolResult>((finished) => {
      child.once('close', (code) => finished({ code: code ?? undefined, text: said.join('') }));
    });
    return { child, done };
  }
}
