import { javaFailure, uncaught } from '../../tools/java-failure.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../../tools/option-parser.ts';
import { ToolFailure } from '../../tools/tool-failure.ts';
import type { ToolWorld } from '../../tools/tool-world.ts';
import { answersVersion, commonOptions, requireOptions, usage } from '../../tools/usage.ts';
import { decoderNamed, STRING_DECODER, type PartDecoder } from './dump-decoders.ts';

const INT32_MAX = 0x7fff_ffff;

const specs = {
  ...commonOptions,
  files: { argument: 'file1, file2, ...', text: 'Required. The files, with commas between.' },
  'print-data-log': { text: 'Prints keys and values; implied by every decoder.' },
  'deep-iteration': { text: 'Prints each record, not batches alone; implied by --print-data-log.' },
  'verify-index-only': { text: 'Checks an index against its log and prints no entries.' },
  'index-sanity-check': { text: 'Makes the check of an index that decides at a start whether it is made anew.' },
  'skip-record-metadata': { text: 'Prints keys and values alone.' },
  'max-bytes': { argument: 'size', type: 'Integer', fallback: String(INT32_MAX), text: 'Reads so much of a log.' },
  'max-message-size': {
    argument: 'size',
    type: 'Integer',
    fallback: '5242880',
    text: 'Accepted; a batch is read whatever its size.',
  },
  'key-decoder-class': {
    argument: '',
    isArgumentOptional: true,
    fallback: STRING_DECODER,
    text: "A class of Kafka's for keys.",
  },
  'value-decoder-class': {
    argument: '',
    isArgumentOptional: true,
    fallback: STRING_DECODER,
    text: "A class of Kafka's for values.",
  },
  'offsets-decoder': { text: 'Reads records of __consumer_offsets.' },
  'transaction-log-decoder': { text: 'Reads records of __transaction_state.' },
  'share-group-state-decoder': { text: 'Reads records of __share_group_state.' },
  'cluster-metadata-decoder': { text: 'Records of KRaft: Posthorn has none, they are not read.' },
  'remote-log-metadata-decoder': { text: 'Records of tiered storage: Posthorn has none, they are not read.' },
} as const satisfies Record<string, OptionSpec>;

type DumpOption = keyof typeof specs;

const ABOUT =
  'This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly corrupt log segment.';
const printing = [
  'print-data-log',
  'offsets-decoder',
  'transaction-log-decoder',
  'cluster-metadata-decoder',
  'remote-log-metadata-decoder',
  'value-decoder-class',
  'key-decoder-class',
  'share-group-state-decoder',
] as const satisfies readonly DumpOption[];

/** How keys and values are read: as those of an internal topic, or each by itself. */
export type DumpDecoder =
  | { readonly topic: 'offsets' | 'transactions' | 'shareState' }
  | { readonly key: PartDecoder; readonly value: PartDecoder };

/** What `kafka-dump-log` was asked to do. */
export interface DumpPlan {
  readonly files: readonly string[];
  readonly isDeep: boolean;
  readonly printsContents: boolean;
  readonly skipsMetadata: boolean;
  readonly isVerifyOnly: boolean;
  readonly isSanityOnly: boolean;
  readonly bytesMax: number;
  readonly isWhole: boolean;
  /** Throws when there is no such decoder: Kafka notices when it dumps a log. */
  decoder(): DumpDecoder;
}

/** Reads the command line; undefined when all is said already. Throws {@link ToolFailure} in Kafka's words. */
export function dumpPlanIn(args: readonly string[], world: ToolWorld): DumpPlan | undefined {
  const options = parseOptions<DumpOption>(specs, args);
  if (args.length === 0) throw usage(options, ABOUT);
  if (answersVersion(options, ABOUT, world)) return undefined;
  requireOptions(options, ['files']);
  for (const name of ['cluster-metadata-decoder', 'remote-log-metadata-decoder'] as const) {
    if (options.has(name)) throw new ToolFailure(`--${name} is not supported: Posthorn writes no such records`);
  }
  const printsContents = printing.some((name) => options.has(name));
  const bytesMax = options.integer('max-bytes') ?? INT32_MAX;
  return {
    files: (options.value('files') ?? '').split(','),
    isDeep: printsContents || options.has('deep-iteration'),
    printsContents,
    skipsMetadata: options.has('skip-record-metadata'),
    isVerifyOnly: options.has('verify-index-only'),
    isSanityOnly: options.has('index-sanity-check'),
    bytesMax,
    isWhole: bytesMax === INT32_MAX,
    decoder: () => decoderIn(options),
  };
}

function decoderIn(options: ParsedOptions<DumpOption>): DumpDecoder {
  if (options.has('offsets-decoder')) return { topic: 'offsets' };
  if (options.has('transaction-log-decoder')) return { topic: 'transactions' };
  if (options.has('share-group-state-decoder')) return { topic: 'shareState' };
  const part = (name: 'key-decoder-class' | 'value-decoder-class'): PartDecoder => {
    const found = decoderNamed(options.value(name) ?? '');
    if (found === undefined) {
      throw uncaught(javaFailure('java.lang.RuntimeException', 'Failed to load decoder class'));
    }
    return found;
  };
  return { key: part('key-decoder-class'), value: part('value-decoder-class') };
}
