import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { completedCommands, optionsIn } from '../../../src/cli/commands/completion.ts';
import {
  COMPLETION_SHELLS,
  completionScript,
  type CompletedCommand,
} from '../../../src/cli/commands/completion-scripts.ts';
import { helpOn } from '../../../src/cli/commands/help.ts';
import { jsonListings } from '../../../src/cli/listings/json-listings.ts';
import { allTools } from '../../../src/cli/tools/all-tools.ts';
import { kafkaCommands, ownCommands } from '../../../src/cli/tools/command-list.ts';
import { PosthornProcess } from '../posthorn-process.ts';
import { fakeWorld } from './fake-world.ts';

const few: readonly CompletedCommand[] = [
  { name: 'tail', about: "shows: it's live", isKafkas: false, options: ['--json', '--key'] },
  { name: 'topics', about: 'topics', isKafkas: true, options: ['--create', '--list'] },
];

/** What bash offers for the last of these words. */
function offered(words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `${completionScript('bash', few)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _posthorn; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', ask], { encoding: 'utf8' }).trim().split('\n');
}

suite('help and completion', { timeout: 60_000 }, () => {
  test('every command has a line, by its own name', async () => {
    const known = new Set(
      [...ownCommands, ...kafkaCommands.map(({ name }) => ({ name: `kafka-${name}` }))].map(({ name }) => name),
    );
    for (const { name } of allTools) assert.ok(known.has(name), `${name} has no line in command-list.ts`);
    const world = fakeWorld();
    assert.equal(await helpOn(allTools).run([], world), 0);
    for (const name of ['start', 'demo', 'tail', 'top', 'completion', 'topics']) {
      assert.ok(
        world.lines.some((line) => new RegExp(`^  ${name} +\\w`).test(line)),
        name,
      );
    }
  });

  test('options come from what each command tells of itself', async () => {
    const commands = new Map(
      (await completedCommands(allTools, jsonListings, fakeWorld())).map((command) => [command.name, command]),
    );
    assert.ok(commands.get('tail')?.options.includes('--from-beginning'));
    assert.ok(commands.get('topics')?.options.includes('--replication-factor'));
    assert.ok(commands.get('topics')?.options.includes('--json'));
    assert.ok(commands.get('start')?.options.includes('--ephemeral'));
    assert.ok(commands.get('demo')?.options.includes('--seconds'));
    assert.equal(commands.get('topics')?.isKafkas, true);
    // Asked for its help, it must not do what it is there for.
    assert.deepEqual(commands.get('server-stop')?.options, ['--node-id', '--process-role']);
    assert.deepEqual(optionsIn('--bb text\n--aa <x>, like --bb'), ['--aa', '--bb']);
  });

  test('bash completes commands, options, and the commands under their own names', () => {
    assert.deepEqual(offered(['posthorn', 't']), ['tail', 'topics']);
    assert.deepEqual(offered(['posthorn', 'tail', '--']), ['--json', '--key']);
    assert.deepEqual(offered(['/usr/bin/kafka-topics.sh', '--c']), ['--create']);
    assert.deepEqual(offered(['kafka-topics', '--l']), ['--list']);
  });

  test('what shells that are here read is right to them', (context) => {
    for (const shell of COMPLETION_SHELLS) {
      const script = completionScript(shell, few);
      const checked = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
      if (checked.error === undefined) assert.equal(checked.stderr, '', shell);
      else context.diagnostic(`${shell} is not here`);
    }
    const fish = completionScript('fish', few);
    assert.ok(fish.includes(String.raw`-a tail -d 'shows: it'\''s live'`));
    assert.ok(fish.includes('complete -c kafka-topics.sh -l create'));
    assert.ok(completionScript('zsh', few).includes(String.raw`'tail:shows\: it'\''s live'`));
  });

  test('the program lists its commands, and says which shells it knows', async (context) => {
    const help = await new PosthornProcess(context, { args: ['--help'] }).ended;
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^ {2}tail +shows records/m);
    const wrong = await new PosthornProcess(context, { args: ['completion', 'tcsh'] }).ended;
    assert.deepEqual([wrong.code, wrong.stderr], [1, "there is completion for bash, zsh, fish, not for 'tcsh'\n"]);
  });
});

suite('demo', { timeout: 60_000 }, () => {
  test('a shop opens, says what to try, lives, and closes when told to', async (context) => {
    const demo = new PosthornProcess(context, { args: ['demo', '--port', '0'] });
    await demo.output(/Try in another terminal/);
    demo.kill('SIGINT');
    const { code, stdout, stderr } = await demo.ended;
    assert.match(stdout, /A small shop is open on localhost:\d+, in memory/);
    assert.match(stdout, /posthorn tail orders --where item=candle --bootstrap-server localhost:\d+/);
    assert.match(stdout, /\d+ orders came in, \d+ were shipped/);
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('options that cannot be are told', async (context) => {
    const bad = await new PosthornProcess(context, { args: ['demo', '--port', '99999'] }).ended;
    assert.deepEqual([bad.code, bad.stderr], [1, '--port takes 0 to 65535\n']);
  });
});
