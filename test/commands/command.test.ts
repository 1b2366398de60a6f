import {Command} from 'commander';
import {describe, expect, expectTypeOf, it} from 'vitest';
import {choice, defineCommand, defineGroup, flag, positive, text} from '../../src/commands/command.ts';

/** What a command was given for this command line. */
async function givenFor(...words: string[]) {
	const runs: unknown[] = [];
	const pull = defineCommand({
		name: 'pull [image]',
		about: 'pull',
		options: {
			'--dry-run': flag('a'),
			'--ssh-config <file>': text('b'),
			'--format <format>': choice('c', ['json', 'text'], 'text'),
			'--hash-on-host <mib>': positive('d'),
			'--seed <n>': positive('e', 1),
		},
		async run({argument, options}) {
			expectTypeOf(argument).toEqualTypeOf<string | undefined>();
			expectTypeOf(options.dryRun).toEqualTypeOf<true | undefined>();
			expectTypeOf(options.sshConfig).toEqualTypeOf<string | undefined>();
			expectTypeOf(options.format).toEqualTypeOf<'json' | 'text'>();
			expectTypeOf(options.hashOnHost).toEqualTypeOf<number | undefined>();
			expectTypeOf(options.seed).toEqualTypeOf<number>();
			runs.push({argument, ...options});
			return 0;
		},
	});
	const program = new Command('regmedic').exitOverride().configureOutput({writeErr() {}});
	pull.addTo(program, async work => void (await work({} as never)));
	defineGroup('image', 'images', [pull]).addTo(program, async work => void (await work({} as never)));
	await program.parseAsync(words, {from: 'user'});
	return runs;
}

describe('the options of a command', () => {
	it('are named by their flags; what is absent has its default or is left out', async () => {
		expect(await givenFor('pull')).toEqual([{argument: undefined, format: 'text', seed: 1}]);
		expect(
			await givenFor('pull', 'a', '--dry-run', '--ssh-config', 'f', '--format', 'json', '--hash-on-host', '8'),
		).toEqual([{argument: 'a', dryRun: true, sshConfig: 'f', format: 'json', hashOnHost: 8, seed: 1}]);
	});

	it('are the same below a group', async () => {
		expect(await givenFor('image', 'pull', 'a', '--seed', '2')).toEqual([{argument: 'a', format: 'text', seed: 2}]);
	});

	it.each([
		[['--format', 'xml'], /json, text/],
		[['--seed', '0'], /positive whole number/],
		[['--seed', '1.5'], /positive whole number/],
		[['a', 'b'], /too many arguments/],
	])('refuse %j', async (words, message) => {
		await expect(givenFor('pull', ...words)).rejects.toThrow(message);
	});
});
