import { DiskError } from '../../src/runtime/disk.ts';
import type { PropertiesWorld } from '../../src/listener/config/load-properties.ts';

/** A working directory with these files. */
export function filesWorld(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): PropertiesWorld {
  return {
    directory: '/app',
    environment,
    disk: {
      readFile: (path) => {
        const text = files[path.replace(/^\/app\//, '')];
        if (text === undefined) throw new DiskError('ENOENT', path, 'no such file');
        return Buffer.from(text);
      },
    },
  };
}
