import {expect, it} from 'vitest';
import {createLocalShell} from '../../../src/adapters/ssh/local.ts';
import {createNonces} from '../../support/nonces.ts';
import {processes} from '../../support/processes.ts';

const shell = createLocalShell({processes, nonce: createNonces()});
const signal = AbortSignal.timeout(20_000);

it('runs a script with arguments and input and returns its exit code', async () => {
	const result = await shell.run(
		{kind: 'read', script: 'cat; printf %s "$2" >&2; exit 7', args: ['a', 'b'], input: 'hello', timeoutMs: 5000},
		{signal},
	);

	expect(result).toEqual({exitCode: 7, stdout: Buffer.from('hello'), stderr: 'b'});
});

it('keeps standard input open until its input ends', async () => {
	const more = Promise.withResolvers<void>();
	async function* input() {
		yield Buffer.from('one\n');
		await more.promise;
		yield Buffer.from('two\n');
	}

	let seen = '';
	const run = shell.run(
		{
			kind: 'read',
			script: 'while read -r line; do echo "got $line"; done; exit 4',
			input: input(),
			timeoutMs: 5000,
			onOutput(chunk) {
				seen += Buffer.from(chunk);
				more.resolve();
			},
		},
		{signal},
	);

	expect((await run).exitCode).toBe(4);
	expect(seen).toBe('got one\ngot two\n');
});

it('a script that was killed together with its shell does not count as done', async () => {
	const run = (kind: 'read' | 'write') =>
		shell.run({kind, script: 'echo partial; kill -9 $$; exit', timeoutMs: 5000}, {signal});

	await expect(run('read')).rejects.toMatchObject({code: 'ssh.lost'});
	await expect(run('write')).rejects.toMatchObject({code: 'effect.unknown'});
});

it('ends at the deadline with everything the script started', async () => {
	const late = shell.run({kind: 'write', script: 'sleep 30 | cat', timeoutMs: 200}, {signal});

	await expect(late).rejects.toMatchObject({code: 'effect.unknown', exit: 'indeterminate'});
});

it('rejects with the reason of the signal, before and while it runs', async () => {
	const controller = new AbortController();
	const run = shell.run(
		{kind: 'read', script: 'echo; sleep 9', timeoutMs: 5000, onOutput: () => controller.abort(new Error('stop'))},
		{signal: controller.signal},
	);

	await expect(run).rejects.toThrow('stop');
	await expect(shell.run({kind: 'read', script: '', timeoutMs: 1}, {signal: controller.signal})).rejects.toThrow(
		'stop',
	);
});
