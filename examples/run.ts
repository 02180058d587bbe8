import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `npm run example -- shop`: plays one story. Without a name it lists them. */
const folder = new URL('.', import.meta.url);
const stories = readdirSync(fileURLToPath(folder)).filter((name) => existsSync(new URL(`${name}/main.js`, folder)));
const [name = ''] = process.argv.slice(2);
if (stories.includes(name)) {
  await import(new URL(`${name}/main.js`, folder).href);
} else {
  console.error(`${name === '' ? 'which story?' : `there is no story ${name};`} there are ${stories.join(', ')}`);
  process.exitCode = 1;
}
