import { assert } from '../../base/assert.ts';
import { freshPackageModule, readPackageFile } from '../../runtime/packages.ts';

const PACKAGE = '@bokuweb/zstd-wasm';
/** An instance whose memory has grown beyond this is given up: WebAssembly memory never shrinks. */
const MEMORY_BYTES_KEPT = 32 * 1024 * 1024;

type WasmFunction = (...args: number[]) => number;

type ZstdFunction =
  | '_malloc'
  | '_free'
  | '_ZSTD_isError'
  | '_ZSTD_compressBound'
  | '_ZSTD_createCCtx'
  | '_ZSTD_createDCtx'
  | '_ZSTD_compress_usingDict'
  | '_ZSTD_decompress_usingDict';

/** What the package's module holds once started: the memory, and functions named as in C behind an underscore. */
interface ZstdModule extends Readonly<Record<ZstdFunction, WasmFunction>> {
  /** Replaced whenever the memory grows: never kept. */
  readonly HEAPU8: Uint8Array;
  instantiateWasm: (imports: object, receive: (instance: WasmInstance) => void) => object;
  init(): void;
}

interface WasmInstance {
  readonly exports: object;
}

/** The part of WebAssembly used here; the types of Node 20 leave it out. */
interface WasmNamespace {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
}

/** A started zstd, with its memory. */
export interface Zstd {
  readonly module: ZstdModule;
  readonly malloc: WasmFunction;
  readonly free: WasmFunction;
  readonly isError: WasmFunction;
  readonly compressor: number;
  readonly decompressor: number;
}

let compiled: object | undefined;
let current: Zstd | undefined;

/**
 * The WebAssembly zstd, for a Node without its own. The package's `init` is asynchronous; here its code is compiled
 * and started synchronously at first need (a few milliseconds), so that it is never "not ready yet".
 */
export function startZstd(): Zstd {
  if (current !== undefined) return current;
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WasmNamespace }).WebAssembly;
  const code = (compiled ??= new Module(readPackageFile(PACKAGE, 'zstd.wasm')));
  const { Module: module } = freshPackageModule(PACKAGE, 'zstd.js') as { Module: ZstdModule };
  module.instantiateWasm = (imports, receive) => {
    const instance = new Instance(code, imports);
    receive(instance);
    return instance.exports;
  };
  module.init();
  const compressor = module['_ZSTD_createCCtx']();
  const decompressor = module['_ZSTD_createDCtx']();
  assert(compressor !== 0 && decompressor !== 0, 'zstd did not start');
  current = {
    module,
    malloc: module['_malloc'],
    free: module['_free'],
    isError: module['_ZSTD_isError'],
    compressor,
    decompressor,
  };
  return current;
}

/** @param level -131072 to 22. */
export function zstdCompress(bytes: Uint8Array, level: number): Uint8Array {
  const { module, compressor } = startZstd();
  const capacity = module['_ZSTD_compressBound'](bytes.length);
  return run(bytes, capacity, (target, source) =>
    module['_ZSTD_compress_usingDict'](compressor, target, capacity, source, bytes.length, 0, 0, level),
  );
}

/** Unpacks whole frames into at most `capacity` bytes. Throws {@link ZstdError}. */
export function zstdDecompress(bytes: Uint8Array, capacity: number): Uint8Array {
  const { module, decompressor } = startZstd();
  return run(bytes, capacity, (target, source) =>
    module['_ZSTD_decompress_usingDict'](decompressor, target, capacity, source, bytes.length, 0, 0),
  );
}

/**
 * Copies `bytes` in, calls, and copies the result out. When that fails half-way, or has made the memory large, the
 * instance is given up and its memory with it.
 */
function run(bytes: Uint8Array, capacity: number, call: (target: number, source: number) => number): Uint8Array {
  const { module, malloc, free, isError } = startZstd();
  let finished = false;
  try {
    const source = malloc(bytes.length || 1);
    const target = malloc(capacity || 1);
    if (source === 0 || target === 0) throw new Error('out of memory');
    module.HEAPU8.set(bytes, source);
    const result = call(target, source);
    const output = isError(result) === 0 ? module.HEAPU8.slice(target, target + result) : undefined;
    free(target);
    free(source);
    finished = true;
    if (output === undefined) throw new ZstdError(-result);
    return output;
  } finally {
    if (!finished || module.HEAPU8.length > MEMORY_BYTES_KEPT) current = undefined;
  }
}

/** zstd refused; `number` is its ZSTD_ErrorCode. */
export class ZstdError extends Error {
  override name = 'ZstdError';
  readonly number: number;

  constructor(number: number) {
    super(`error ${number}`);
    this.number = number;
  }
}
