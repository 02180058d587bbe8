import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../paths.ts';
import { aptInstall, must, output } from './tool.ts';

/** A version that is known to work, so that a new release changes nothing by itself. */
const CONFLUENT_KAFKA = 'confluent-kafka==2.16.1';

/** A Python of its own with librdkafka's wheel; throws with the reason where it cannot be had. */
export function pythonWithLibrdkafka(): string {
  const home = join(cacheRoot, 'python');
  const python = join(home, 'bin', 'python');
  if (existsSync(python) && output(python, ['-c', 'import confluent_kafka']) !== undefined) return python;
  mkdirSync(cacheRoot, { recursive: true });
  if (output('python3', ['-c', 'import venv, ensurepip']) === undefined) {
    const failed = aptInstall(['python3', 'python3-venv']);
    if (failed !== undefined) throw new Error(`no Python with venv: ${failed}`);
  }
  must('python3', ['-m', 'venv', '--clear', home]);
  must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', CONFLUENT_KAFKA]);
  return python;
}
