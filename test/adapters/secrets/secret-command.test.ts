import {expect, test} from 'vitest';
import {runForSecret} from '../../../src/adapters/secrets/secret-command.ts';

const environment = {PATH: process.env.PATH};

test('a command that leaves a child with the pipe open is not waited for beyond its time', async () => {
	const began = performance.now();

	const {ended} = await runForSecret({
		program: 'sh',
		args: ['-c', 'sleep 30 & echo secret'],
		environment,
		timeoutMs: 300,
	});

	expect(ended).toBe('late');
	expect(performance.now() - began).toBeLessThan(5_000);
});

test('a command that will not listen is ended with everything it started', async () => {
	const script = "trap '' TERM INT; sleep 30";

	const {ended, how} = await runForSecret({program: 'sh', args: ['-c', script], environment, timeoutMs: 200});

	expect({ended, how}).toEqual({ended: 'late', how: 'no end'});
});

test('a command is called off at once by the signal', async () => {
	const stopping = new AbortController();
	const running = runForSecret({
		program: 'sleep',
		args: ['30'],
		environment,
		timeoutMs: 20_000,
		signal: stopping.signal,
	});
	stopping.abort(new Error('ctrl-c'));

	await expect(running).rejects.toThrow('ctrl-c');
});

test('what goes in arrives, and an exit code or a missing program is said', async () => {
	const echoed = await runForSecret({
		program: 'cat',
		args: [],
		input: 'registry.example',
		environment,
		timeoutMs: 5_000,
	});
	const failed = await runForSecret({program: 'sh', args: ['-c', 'exit 3'], environment, timeoutMs: 5_000});
	const missing = await runForSecret({program: 'no-such-helper', args: [], environment, timeoutMs: 5_000});

	expect(echoed).toMatchObject({stdout: 'registry.example', ended: 'well'});
	expect(failed).toMatchObject({ended: 'badly', how: '3'});
	expect(missing).toMatchObject({ended: 'badly', how: 'ENOENT'});
});
