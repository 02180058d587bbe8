import { join, resolve } from 'node:path';
import { DiskError, type Disk } from '../../runtime/disk.ts';
import { parseProperties } from '../../config/properties.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { ApplicationProperties, type Environment } from './application-properties.ts';
import { canonicalName } from './property-name.ts';
import type { Property } from './property.ts';
import { yamlProperties } from './yaml-properties.ts';

/** Where an application's settings are. */
export interface PropertiesOptions {
  /** A directory with `application.yml`, or the path of such a file. The working directory when left out, and `config` in it. */
  readonly location?: string;
  /** Profiles whose files win, the last one most; `SPRING_PROFILES_ACTIVE` or `spring.profiles.active` when left out. */
  readonly profiles?: readonly string[];
  /** Variables of the environment; the process's own when left out. */
  readonly environment?: Environment;
  /** Settings that win over every other source. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

/** The parts of the world that settings come from. */
export interface PropertiesWorld {
  readonly disk: Pick<Disk, 'readFile'>;
  readonly environment: Environment;
  readonly directory: string;
}

const ENDINGS = ['.properties', '.yml', '.yaml'];
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Reads `application.yml` (or `.yaml`, `.properties`) and the files of the active profiles, as Spring Boot does. Throws
 * {@link ConfigurationError} for a file that cannot be read, or when a location was named that has none.
 */
export function loadProperties(options: PropertiesOptions, world: PropertiesWorld): ApplicationProperties {
  const environment = options.environment ?? world.environment;
  const overrides = options.properties ?? {};
  const files = new Files(options.location, world);
  const general = files.read('');
  if (options.location !== undefined && !files.hasFound) {
    throw new ConfigurationError(undefined, `no application.yml, .yaml or .properties in ${options.location}`);
  }
  const unprofiled = general.filter((document) => activation(document) === undefined);
  const first = new ApplicationProperties({ layers: unprofiled, environment, overrides });
  const profiles = options.profiles ?? names(first.get('spring.profiles.active'));
  const layers = [...general, ...profiles.flatMap((profile) => files.read(`-${profile}`))].filter((document) =>
    isActive(activation(document), profiles),
  );
  return new ApplicationProperties({ layers, environment, overrides });
}

class Files {
  hasFound = false;
  readonly #stems: readonly string[];
  readonly #endings: readonly string[];
  readonly #world: PropertiesWorld;

  constructor(location: string | undefined, world: PropertiesWorld) {
    this.#world = world;
    const given = resolve(world.directory, location ?? '.');
    const ending = ENDINGS.find((each) => given.endsWith(each));
    this.#endings = ending === undefined ? ENDINGS : [ending];
    this.#stems =
      ending === undefined
        ? [join(given, 'application'), join(given, 'config', 'application')]
        : [given.slice(0, -ending.length)];
  }

  /** The documents of all files of that name, weakest first. */
  read(suffix: string): (readonly Property[])[] {
    return this.#stems.flatMap((stem) => this.#endings.flatMap((ending) => this.#file(`${stem}${suffix}${ending}`)));
  }

  #file(path: string): (readonly Property[])[] {
    const text = this.#text(path);
    if (text === undefined) return [];
    this.hasFound = true;
    const name = path.startsWith(`${this.#world.directory}/`) ? path.slice(this.#world.directory.length + 1) : path;
    if (!path.endsWith('.properties')) return yamlProperties(text, name);
    return [parseProperties(text).map(({ key, value, line }) => ({ key, value, origin: `${name}:${line}` }))];
  }

  #text(path: string): string | undefined {
    try {
      return this.#world.disk.readFile(path, FILE_BYTES_MAX).toString('utf8');
    } catch (error) {
      if (error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConfigurationError(path, `cannot be read: ${reason}`, { cause: error });
    }
  }
}

function activation(document: readonly Property[]): string | undefined {
  const wanted = 'spring.config.activate.onprofile';
  return document.find(({ key }) => canonicalName(key).replace(/\[\d+\]$/, '') === wanted)?.value;
}

/** Names with commas between, any of which suffices; an exclamation mark says that a profile must not be active. */
function isActive(condition: string | undefined, profiles: readonly string[]): boolean {
  if (condition === undefined) return true;
  return names(condition).some((name) =>
    name.startsWith('!') ? !profiles.includes(name.slice(1)) : profiles.includes(name),
  );
}

function names(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
