import {expect, it} from 'vitest';
import {registryRestart} from '../../../src/engine/actions/registry-restart.ts';
import {contextWith, fakeRegistry, fakeStorage, unreachable} from '../../support/fake-ports.ts';

/** A registry by another address: it responds, or not, in this order; the last holds from then on. */
function address(host: string, ...responds: boolean[]) {
	const registry = {...fakeRegistry(), host, asked: 0};
	registry.tags = async () => {
		registry.asked++;
		if (responds.length > 1 ? responds.shift() : responds[0]) {
			return [];
		}

		throw unreachable();
	};
	registry.fresh = () => registry;
	return registry;
}

it('a restart is waited for until the registry responds by every address that responded before it', async () => {
	const outside = address('registry.example', true, false, false, true);
	const never = address('old.example', false);
	const context = contextWith({storage: fakeStorage(), addresses: [outside, never]});

	const {outcome, say} = await registryRestart.run({}, context);

	expect(outcome).toBe('restarted');
	expect(say).toContain('also as registry.example');
	// Before the restart, twice in vain, and then twice in a row.
	expect(outside.asked).toBe(5);
	expect(never.asked).toBe(1);
});

it('a restart after which the registry does not respond by one of them has failed, and says which', async () => {
	const context = contextWith({storage: fakeStorage(), addresses: [address('registry.example', true, false)]});

	const {outcome, say} = await registryRestart.run({}, context);

	expect(outcome).toBe('failed');
	expect(say).toContain('registry.example: Nobody answers.');
});
