import {expect, it} from 'vitest';
import {runTogetherUntilStalled} from '../../../src/adapters/storage/stall.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Shell, ShellRequest, ShellResult} from '../../../src/engine/ports/shell.ts';

const signal = AbortSignal.timeout(10_000);
const result: ShellResult = {exitCode: 0, stdout: new Uint8Array(), stderr: ''};
const refusal = new OperatorError('ssh.unauthorized', 'vm refused the login.', {hint: 'Log in.', exit: 'refused'});
const requests = ['blobs', 'rest'].map(script => ({kind: 'read', script, timeoutMs: 1000, onOutput() {}}) as const);

/** @param run also gets how many run, with this one */
function shellThat(run: (request: ShellRequest, running: number, signal: AbortSignal) => Promise<void>): Shell {
	let running = 0;
	return {
		place: 'vm',
		async run(request, {signal: ended}) {
			running++;
			try {
				await run(request, running, ended);
			} finally {
				running--;
			}

			return {...result, stderr: request.script};
		},
		close: async () => {},
	};
}

it.each(['blobs', 'rest'])('a script that gets no second session runs once the other has ended: %s', async other => {
	const asked: string[] = [];
	const shell = shellThat(async ({script}, running) => {
		asked.push(`${script} ${running}`);
		await Promise.resolve();
		if (script === other && asked.length <= requests.length) {
			throw refusal;
		}

		await new Promise(setImmediate);
	});

	const results = await runTogetherUntilStalled(shell, requests, {signal});

	expect(results.map(({stderr}) => stderr)).toEqual(['blobs', 'rest']);
	expect(asked).toEqual(['blobs 1', 'rest 2', `${other} 1`]);
});

it('a login that is refused to every script is not tried again', async () => {
	let asked = 0;
	const shell = shellThat(async () => {
		asked++;
		throw refusal;
	});

	await expect(runTogetherUntilStalled(shell, requests, {signal})).rejects.toBe(refusal);
	expect(asked).toBe(2);
});

it('the failure of one script ends the others, and is what is told', async () => {
	const lost = new OperatorError('ssh.lost', 'The connection ended.', {hint: 'Try again.', exit: 'unreachable'});
	const ended: unknown[] = [];
	const shell = shellThat(async ({script}, _, stop) => {
		if (script === 'rest') {
			throw lost;
		}

		await new Promise((_resolve, reject) => {
			stop.addEventListener('abort', () => {
				ended.push(stop.reason);
				reject(stop.reason);
			});
		});
	});

	await expect(runTogetherUntilStalled(shell, requests, {signal})).rejects.toBe(lost);
	expect(ended).toEqual([lost]);
});
