import * as fs from 'node:fs';
import { isatty } from 'node:tty';
import { Broker, BrokerStartError, type BrokerOptions } from '../broker/broker.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { InvalidConfiguration } from '../config/invalid-configuration.ts';
import { loadConfig, type ConfigSources, type LoadedConfig } from '../config/load.ts';
import { memberConfigs } from '../config/member-settings.ts';
import { MemoryDisk } from '../runtime/memory-disk.ts';
import { nodeRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { writeText } from '../runtime/write-text.ts';
import { banner, clusterBanner } from './banner.ts';
import { STDERR, STDOUT } from './descriptors.ts';
import type { ServeOptions } from './options.ts';
import { stopOnSignals } from './stop-on-signals.ts';

const EXIT_FAILED = 1;

/**
 * Starts a broker, or several, that run until they are told to stop. Faulty settings and what keeps them from starting are
 * said in one sentence each, with exit code 1.
 */
export async function serve(options: ServeOptions): Promise<'serving' | 'done'> {
  try {
    await (options.brokers === 1 ? serveOne(options) : serveSeveral(options));
    return 'serving';
  } catch (error) {
    if (!(error instanceof InvalidConfiguration || error instanceof BrokerStartError)) throw error;
    for (const line of error.message.split('\n')) writeText(STDERR, `posthorn: ${line}\n`);
    process.exitCode = EXIT_FAILED;
    return 'done';
  }
}

async function serveOne(options: ServeOptions): Promise<void> {
  const loaded = loadConfig(sourcesOf(options));
  const runtime = runtimeFor(loaded.config);
  report(loaded, runtime);
  const opening = isatty(STDERR) ? await openingBar(runtime) : undefined;
  const broker = await Broker.start({ config: loaded.config, runtime, failed: endFailed, ...(opening && { opening }) });
  stopOnSignals(broker, loaded.config.get('posthorn.shutdown.timeout.ms'));
  writeText(STDOUT, banner(broker, loaded));
}

async function serveSeveral(options: ServeOptions): Promise<void> {
  const members = memberConfigs(sourcesOf(options), options.brokers);
  const { config } = members[0]!;
  const runtime = runtimeFor(config);
  report(members[0]!, runtime);
  const { startCluster } = await import('./serve-cluster.ts');
  const served = await startCluster(members, runtime, (reason) => writeText(STDERR, `posthorn: ${reason}\n`));
  stopOnSignals(served, config.get('posthorn.shutdown.timeout.ms'));
  writeText(STDOUT, clusterBanner(served.cluster, members));
}

/** Shows a person how far the opening of the logs is. */
async function openingBar(runtime: Runtime): Promise<NonNullable<BrokerOptions['opening']>> {
  const [{ ProgressBar }, { nodeScreen }] = await Promise.all([
    import('./tools/progress-bar.ts'),
    import('./tools/screen.ts'),
  ]);
  const world = { runtime, draw: (text: string) => writeText(STDERR, text) };
  const bars = new Map<string, InstanceType<typeof ProgressBar>>();
  return (directory, done, total) => {
    const bar = bars.get(directory) ?? new ProgressBar(world, nodeScreen(), `opening logs in ${directory}`, total);
    bars.set(directory, bar);
    bar.at(done);
    if (done === total) bar.end();
  };
}

/** There is nothing left to be closed in order. */
function endFailed(reason: string): void {
  writeText(STDERR, `posthorn: ${reason}; the broker ends\n`);
  process.exit(EXIT_FAILED);
}

function sourcesOf({ configFile, overrides }: ServeOptions): ConfigSources {
  let file: { name: string; text: string } | undefined;
  if (configFile !== undefined) {
    try {
      file = { name: configFile, text: fs.readFileSync(configFile, 'utf8') };
    } catch (error) {
      throw new InvalidConfiguration([`${configFile} cannot be read: ${(error as Error).message}`]);
    }
  }
  return { ...(file === undefined ? {} : { file }), environment: process.env, overrides };
}

function runtimeFor(config: BrokerConfig): Runtime {
  const format = config.get('posthorn.log.format');
  const runtime = nodeRuntime({
    level: config.get('posthorn.log.level') as 'info',
    fd: STDERR,
    pretty: format === 'pretty' || (format === 'auto' && isatty(STDERR)),
  });
  return config.get('posthorn.storage') === 'memory' ? { ...runtime, disk: new MemoryDisk() } : runtime;
}

function report(loaded: LoadedConfig, { logger }: Runtime): void {
  for (const warning of loaded.warnings) logger.warn(warning);
  if (loaded.withoutEffect.length > 0) {
    logger.warn('settings that are accepted but have no effect', { settings: loaded.withoutEffect });
  }
}
