import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Verdict} from '../../../src/domain/image/verdict.ts';
import {mayLackLinks} from '../../../src/engine/verify/serves-from-memory.ts';
import {fakeRegistry, smallManifest} from '../../support/fake-ports.ts';

const {signal} = new AbortController();
const {digest} = smallManifest('memory');

async function ask(verdict: Verdict, role: 'authoritative' | 'cache', answer: () => Promise<boolean>) {
	let asked = 0;
	const registry = Object.assign(fakeRegistry(), {
		servesFromMemory() {
			asked++;
			return answer();
		},
	});
	const reference = 'registry.example/acme/app:v1';
	return {mayLack: await mayLackLinks(registry, {reference, digest, verdict}, {role, signal}), asked};
}

test('only an intact image of a registry that is no cache is asked for', async () => {
	expect(await ask('intact', 'authoritative', async () => true)).toEqual({mayLack: true, asked: 1});
	expect(await ask('broken', 'authoritative', async () => true)).toEqual({mayLack: false, asked: 0});
	expect(await ask('unknown', 'authoritative', async () => true)).toEqual({mayLack: false, asked: 0});
	expect(await ask('intact', 'cache', async () => true)).toEqual({mayLack: false, asked: 0});
});

test('a registry that does not answer has proven nothing, and the image stays intact', async () => {
	const failing = () =>
		Promise.reject(new OperatorError('registry.stalled', 'It stalled.', {hint: 'Look.', exit: 'unreachable'}));

	expect(await ask('intact', 'authoritative', failing)).toEqual({mayLack: false, asked: 1});
});
