/** One folder of `src/`: its floor, and the packages it may take from outside (`node:` modules included). */
export interface Folder {
  readonly floor: number;
  readonly packages: readonly string[];
}

/** The house of docs/architecture.md. A file imports from its own folder or from a lower floor, and nothing else. */
export const floors: Readonly<Record<string, Folder>> = {
  base: { floor: 0, packages: ['@node-rs/crc32'] },
  runtime: { floor: 1, packages: ['pino', 'node:*'] },
  config: { floor: 1, packages: [] },
  metrics: { floor: 1, packages: ['prom-client'] },
  protocol: { floor: 2, packages: [] },
  records: { floor: 2, packages: ['@bokuweb/zstd-wasm', 'lz4-napi', 'snappy', 'node:zlib'] },
  wire: { floor: 3, packages: [] },
  log: { floor: 3, packages: [] },
  metadata: { floor: 4, packages: ['@grpc/grpc-js', '@grpc/proto-loader'] },
  replication: { floor: 5, packages: [] },
  controller: { floor: 5, packages: [] },
  coordinator: { floor: 5, packages: ['re2js'] },
  broker: { floor: 6, packages: ['jose', 're2js'] },
  client: { floor: 6, packages: [] },
  listener: { floor: 7, packages: ['yaml'] },
  streams: { floor: 7, packages: [] },
  registry: { floor: 7, packages: ['@hono/node-server', 'ajv', 'avsc', 'hono', 'protobufjs'] },
  nest: { floor: 8, packages: ['@nestjs/common', '@nestjs/core'] },
  testing: { floor: 8, packages: [] },
  cli: { floor: 9, packages: ['@hono/node-server', 'commander', 'hono', 'yaml', 'node:*'] },
};

/** Pure modules of Node: any folder may use them. */
export const packagesForAll: readonly string[] = [
  'node:assert',
  'node:assert/strict',
  'node:buffer',
  'node:crypto',
  'node:diagnostics_channel',
  'node:module',
  'node:path',
  'node:path/posix',
  'node:string_decoder',
  'node:url',
  'node:util',
];

/** Folders that may touch the world; all others reach it through the seams of `src/runtime/`. */
export const worldly: readonly string[] = ['runtime', 'cli'];

/** The world as seen from code: clock, timers, randomness, environment. */
export const worldUses: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'Date.now', pattern: /\bDate\s*\.\s*now\b/g },
  { what: 'new Date() without a time', pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\s(\w]))/g },
  { what: 'performance.now', pattern: /\bperformance\s*\.\s*(?:now|timeOrigin)\b/g },
  { what: 'process.hrtime', pattern: /\bprocess\s*\.\s*(?:hrtime|uptime)\b/g },
  { what: 'process.env', pattern: /\bprocess\s*\.\s*env\b/g },
  { what: 'Math.random', pattern: /\bMath\s*\.\s*random\b/g },
  { what: 'setTimeout', pattern: /\bsetTimeout\b/g },
  { what: 'setInterval', pattern: /\bsetInterval\b/g },
  { what: 'setImmediate', pattern: /\bsetImmediate\b/g },
  {
    what: 'random bytes',
    pattern: /\b(?:randomUUID|randomBytes|randomFill|randomFillSync|getRandomValues|randomInt)\b/g,
  },
];
