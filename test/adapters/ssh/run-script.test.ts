import {PassThrough} from 'node:stream';
import {expect, it} from 'vitest';
import {type Channel, runScript} from '../../../src/adapters/ssh/run-script.ts';

it('ends at once when it was aborted while its channel was being opened', async () => {
	let killed = false;
	const channel: Channel = {
		stdin: new PassThrough(),
		onStdout() {},
		onStderr() {},
		closed: new Promise(() => {}),
		kill() {
			killed = true;
		},
	};
	const run = runScript(channel, {
		request: {kind: 'read', script: '', timeoutMs: 2000},
		nonce: 'abcdefgh',
		head: new Uint8Array(),
		place: 'vm',
		signal: AbortSignal.abort(new Error('enough')),
		redact: text => text,
		explain: () => undefined,
	});

	await expect(run).rejects.toThrow('enough');
	expect(killed).toBe(true);
});
