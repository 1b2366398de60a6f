import {expect, test} from 'vitest';
import {runForSecret} from '../../../src/adapters/secrets/secret-command.ts';
import {processes} from '../../support/processes.ts';

const environment = {PATH: process.env.PATH};

test('a command whose child keeps the pipe open is not waited for beyond its time', async () => {
	const began = performance.now();

	const {outcome} = await runForSecret({
		program: 'sh',
		args: ['-c', 'sleep 30 & echo secret'],
		environment,
		processes,
		timeoutMs: 300,
	});

	expect(outcome).toBe('timed-out');
	expect(performance.now() - began).toBeLessThan(5_000);
});

test('a command that ignores signals is killed with everything it started', async () => {
	const script = "trap '' TERM INT; sleep 30";

	const {outcome, reason} = await runForSecret({
		program: 'sh',
		args: ['-c', script],
		environment,
		processes,
		timeoutMs: 200,
	});

	expect({outcome, reason}).toEqual({outcome: 'timed-out', reason: 'no end'});
});

test('the signal stops a command at once', async () => {
	const stopping = new AbortController();
	const running = runForSecret({
		program: 'sleep',
		args: ['30'],
		environment,
		processes,
		timeoutMs: 20_000,
		signal: stopping.signal,
	});
	stopping.abort(new Error('ctrl-c'));

	await expect(running).rejects.toThrow('ctrl-c');
});

test('the input arrives, and an exit code or a missing program is the reason', async () => {
	const echoed = await runForSecret({
		program: 'cat',
		args: [],
		input: 'registry.example',
		environment,
		processes,
		timeoutMs: 5_000,
	});
	const failed = await runForSecret({program: 'sh', args: ['-c', 'exit 3'], environment, processes, timeoutMs: 5_000});
	const missing = await runForSecret({program: 'no-such-helper', args: [], environment, processes, timeoutMs: 5_000});

	expect(echoed).toMatchObject({stdout: 'registry.example', outcome: 'succeeded'});
	expect(failed).toMatchObject({outcome: 'failed', reason: '3'});
	expect(missing).toMatchObject({outcome: 'failed', reason: 'ENOENT'});
});
