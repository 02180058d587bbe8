import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JavaTools, type ToolName } from '../java-tools/java-tool.ts';
import { repositoryRoot } from '../paths.ts';
import {
  oneLine,
  SECURED_HOST,
  SECURED_USER,
  startSecuredKafka,
  type SecuredPorts,
} from '../security/secured-kafka.ts';
import { normalText } from './normal-text.ts';

/**
 * Kafka's commands and ours on a Kafka that asks for logins and certificates: right ones and wrong ones, with the same file of
 * settings; what they print and their exit codes are compared.
 *
 *   node dist/compat/commands/secured.js
 *
 * Closes with "N passed, M failed".
 */
const OURS_MS = 90_000;
const SESSION_MS = 60_000;

interface Call {
  readonly tool: ToolName;
  readonly args: readonly string[];
  readonly input?: string;
}

/** What an operator does on any day; `{name}` is a topic that each side makes for itself. */
const everyDay: readonly Call[] = [
  { tool: 'kafka-topics', args: ['--create', '--topic', '{name}', '--partitions', '1'] },
  { tool: 'kafka-topics', args: ['--describe', '--topic', '{name}'] },
  { tool: 'kafka-console-producer', args: ['--topic', '{name}'], input: 'a\nb\n' },
  { tool: 'kafka-get-offsets', args: ['--topic', '{name}', '--partitions', '0-9'] },
  {
    tool: 'kafka-console-consumer',
    args: ['--topic', '{name}', '--from-beginning', '--max-messages', '2', '--group', '{name}'],
  },
  { tool: 'kafka-consumer-groups', args: ['--describe', '--group', '{name}', '--offsets'] },
  { tool: 'kafka-configs', args: ['--describe', '--entity-type', 'topics', '--entity-name', '{name}'] },
  { tool: 'kafka-topics', args: ['--delete', '--topic', '{name}'] },
];

/** One of each kind of client: where the door stays shut, these say so. */
const atTheDoor: readonly Call[] = [
  { tool: 'kafka-topics', args: ['--list'] },
  { tool: 'kafka-consumer-groups', args: ['--list'] },
  { tool: 'kafka-configs', args: ['--describe', '--entity-type', 'brokers', '--entity-name', '1'] },
  { tool: 'kafka-get-offsets', args: ['--topic', 'any'] },
];

type Settings = Readonly<Record<string, string>>;

function login(mechanism: string, module: string, password: string, user: string = SECURED_USER.name): Settings {
  return {
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `org.apache.kafka.common.security.${module} required username="${user}" password="${password}";`,
  };
}

function shown(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

/** Each way in, and each that is closed, by what it is called in the output. */
function doors(
  ports: SecuredPorts,
  trust: Settings,
  own: Settings,
): Record<string, { port: number; file: Settings; calls: readonly Call[] }> {
  const PLAIN = 'plain.PlainLoginModule';
  const SCRAM = 'scram.ScramLoginModule';
  const { password } = SECURED_USER;
  const tls: Settings = { 'security.protocol': 'SSL', ...trust };
  const safe: Settings = { 'security.protocol': 'SASL_SSL', ...trust };
  const open: Settings = { 'security.protocol': 'SASL_PLAINTEXT' };
  return {
    TLS: { port: ports.tls, file: tls, calls: everyDay },
    'a client certificate': { port: ports.mutual, file: { ...tls, ...own }, calls: everyDay.slice(0, 2) },
    'SASL_SSL, PLAIN': { port: ports.saslTls, file: { ...safe, ...login('PLAIN', PLAIN, password) }, calls: everyDay },
    'SASL_SSL, SCRAM-SHA-512': {
      port: ports.saslTls,
      file: { ...safe, ...login('SCRAM-SHA-512', SCRAM, password) },
      calls: everyDay,
    },
    'SASL_PLAINTEXT, SCRAM-SHA-256': {
      port: ports.sasl,
      file: { ...open, ...login('SCRAM-SHA-256', SCRAM, password) },
      calls: everyDay.slice(0, 2),
    },
    'PLAIN, wrong password': {
      port: ports.saslTls,
      file: { ...safe, ...login('PLAIN', PLAIN, 'x') },
      calls: atTheDoor,
    },
    'SCRAM-SHA-512, wrong password': {
      port: ports.saslTls,
      file: { ...safe, ...login('SCRAM-SHA-512', SCRAM, 'x') },
      calls: atTheDoor,
    },
    'SCRAM-SHA-256, unknown user': {
      port: ports.sasl,
      file: { ...open, ...login('SCRAM-SHA-256', SCRAM, password, 'bob') },
      calls: atTheDoor.slice(0, 2),
    },
  };
}

const { kafka, ports, authority } = await startSecuredKafka(SESSION_MS);
const folder = mkdtempSync(join(tmpdir(), 'posthorn-secured-'));
let passed = 0;
let failed = 0;
try {
  const java = await JavaTools.prepare(kafka.bootstrap);
  const trust = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': oneLine(authority.cert) };
  const { cert, key } = authority.issue({ name: SECURED_USER.name });
  const own = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': oneLine(cert),
    'ssl.keystore.key': oneLine(key),
  };
  let number = 0;
  for (const [door, { port, file, calls }] of Object.entries(doors(ports, trust, own))) {
    const path = join(folder, `client-${++number}.properties`);
    writeFileSync(
      path,
      Object.entries(file)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    for (const call of calls) {
      const argsFor = (name: string): string[] => [
        '--bootstrap-server',
        `${SECURED_HOST}:${port}`,
        '--command-config',
        path,
        ...call.args.map((arg) => arg.replaceAll('{name}', name)),
      ];
      const { tool, input = '' } = call;
      // Of one length, for columns are as wide as what stands in them.
      const theirName = `secured-${number}-a`;
      const ourName = `secured-${number}-b`;
      const theirs = normalText(await java.runApart(tool, argsFor(theirName), { input }), theirName);
      const launcher = join(repositoryRoot, 'bin', 'posthorn.js');
      const said = spawnSync(process.execPath, [launcher, tool, ...argsFor(ourName)], {
        encoding: 'utf8',
        input,
        timeout: OURS_MS,
      });
      const ours = normalText({ code: said.status ?? undefined, out: said.stdout, err: said.stderr }, ourName);
      const what = `${door}: ${tool} ${call.args.join(' ')}`;
      if (theirs === ours) {
        passed++;
        console.log(`equal ${what}`);
        continue;
      }
      failed++;
      console.log(`DIFFERENT ${what}\n  Kafka:\n${shown(theirs)}\n  Posthorn:\n${shown(ours)}`);
    }
  }
} finally {
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
