import type { Admin } from '../../client/admin/admin.ts';
import { toolAdmin } from '../tools/connect.ts';
import { parseOptions, type OptionSpec, type ParsedOptions } from '../tools/option-parser.ts';
import { answersHelp, OWN_TIMEOUT_MS, ownFailure, ownOptions, refuseWords } from '../tools/own-help.ts';
import { propertiesFile } from '../tools/properties-file.ts';
import type { Tool } from '../tools/tool.ts';

export const listingOptions = {
  ...ownOptions,
  json: { text: 'A JSON object on each line; without it the command prints the text of Kafka.' },
} as const satisfies Record<string, OptionSpec>;

/** A command of Kafka's as programs read it. */
export interface Listing<Name extends string> {
  /** As Kafka's script is called, without `.sh`. */
  readonly name: string;
  readonly about: string;
  readonly specs: Readonly<Record<Name, OptionSpec>>;
  /** The objects, a line each. Throws {@link ToolFailure} for what cannot be listed. */
  readonly list: (
    admin: Admin,
    options: ParsedOptions<Name | keyof typeof listingOptions>,
  ) => Promise<readonly object[]>;
}

/** A listing as a command. A reader that goes away ends it without a word. */
export function listingTool<Name extends string>({ name, about, specs, list }: Listing<Name>): Tool {
  const all = { ...listingOptions, ...specs } as Readonly<Record<Name | keyof typeof listingOptions, OptionSpec>>;
  return {
    name,
    async run(args, world) {
      const options = parseOptions<Name | keyof typeof listingOptions>(all, args);
      if (answersHelp(options.has('help'), world, { specs: all, about })) return 0;
      refuseWords(options.words);
      const bootstrapServers = options.value('bootstrap-server') ?? '';
      const settings = propertiesFile(options.value('command-config'), world);
      const admin = toolAdmin(world, bootstrapServers, settings, OWN_TIMEOUT_MS);
      try {
        for (const item of await list(admin, options)) {
          if (!world.write(`${JSON.stringify(item)}\n`)) return 0;
        }
        return 0;
      } catch (error) {
        throw ownFailure(error, bootstrapServers);
      } finally {
        admin.close();
      }
    },
  };
}
