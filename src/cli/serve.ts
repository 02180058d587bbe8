import * as fs from 'node:fs';
import { Broker, BrokerStartError } from '../broker/broker.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { InvalidConfiguration, loadConfig, type LoadedConfig } from '../config/load.ts';
import { MemoryDisk } from '../runtime/memory-disk.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { banner } from './banner.ts';
import type { ServeOptions } from './options.ts';

const EXIT_FAILED = 1;
/** What a shell expects of a process that ended by SIGINT. */
const EXIT_INTERRUPTED = 130;

/** Runs a broker until it is told to stop. Settings and start errors are said in one sentence each, with exit code 1. */
export async function serve(options: ServeOptions): Promise<'serving' | 'done'> {
  let broker: Broker;
  let loaded: LoadedConfig;
  try {
    loaded = load(options);
    const runtime = runtimeFor(loaded.config);
    report(loaded, runtime);
    broker = await Broker.start({ config: loaded.config, runtime });
  } catch (error) {
    if (!(error instanceof InvalidConfiguration || error instanceof BrokerStartError)) throw error;
    for (const line of error.message.split('\n')) process.stderr.write(`posthorn: ${line}\n`);
    process.exitCode = EXIT_FAILED;
    return 'done';
  }
  stopOnSignals(broker, loaded.config.get('posthorn.shutdown.timeout.ms'));
  process.stdout.write(banner(broker, loaded));
  return 'serving';
}

function load(options: ServeOptions): LoadedConfig {
  const { configFile, overrides } = options;
  let file: { name: string; text: string } | undefined;
  if (configFile !== undefined) {
    try {
      file = { name: configFile, text: fs.readFileSync(configFile, 'utf8') };
    } catch (error) {
      throw new InvalidConfiguration([`${configFile} cannot be read: ${(error as Error).message}`]);
    }
  }
  return loadConfig({ ...(file === undefined ? {} : { file }), environment: process.env, overrides });
}

function runtimeFor(config: BrokerConfig): Runtime {
  const format = config.get('posthorn.log.format');
  const runtime = nodeRuntime({
    level: config.get('posthorn.log.level') as 'info',
    fd: process.stderr.fd,
    pretty: format === 'pretty' || (format === 'auto' && process.stderr.isTTY),
  });
  return config.get('posthorn.storage') === 'memory' ? { ...runtime, disk: new MemoryDisk() } : runtime;
}

function report(loaded: LoadedConfig, { logger }: Runtime): void {
  for (const warning of loaded.warnings) logger.warn(warning);
  if (loaded.withoutEffect.length > 0) {
    logger.warn('settings that are accepted but have no effect', { settings: loaded.withoutEffect });
  }
}

/** The first signal stops cleanly within the time allowed, the second at once. */
function stopOnSignals(broker: Broker, timeoutMs: number): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    const code = signal === 'SIGINT' ? EXIT_INTERRUPTED : 0;
    if (isStopping) process.exit(code === 0 ? EXIT_FAILED : code);
    isStopping = true;
    setTimeout(() => {
      process.stderr.write(`posthorn: not stopped after ${timeoutMs} ms; ending now, the next start will recover\n`);
      process.exit(EXIT_FAILED);
    }, timeoutMs).unref();
    broker.close().then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`posthorn: stopped uncleanly: ${String(error)}\n`);
        process.exit(EXIT_FAILED);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
