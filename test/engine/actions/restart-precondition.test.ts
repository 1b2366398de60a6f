import {expect, test} from 'vitest';
import type {Maintenance} from '../../../src/domain/audit/maintenance.ts';
import {registryRestart} from '../../../src/engine/actions/registry-restart.ts';
import {contextWith, fakeStorage, quietHost} from '../../support/fake-ports.ts';

/** When the disk was read, in seconds since 1970. */
const since = 1_776_567_600;
const root = '/var/lib/registry';

function ask(started: (number | undefined)[], inputs: {since?: number} = {since}) {
	const host: Maintenance = {
		...quietHost,
		root,
		running: started.map((at, n) => ({
			name: `process ${800 + n}`,
			environment: [`REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=${root}`],
			...(at !== undefined && {started: at}),
		})),
	};
	const storage = fakeStorage([], {maintenance: async () => host});
	return registryRestart.precondition!(inputs, contextWith({storage}));
}

test('a registry that was started before the disk was read is restarted', async () => {
	expect(await ask([since - 60])).toEqual({kind: 'holds'});
});

test('one that somebody has restarted since then is not restarted again', async () => {
	expect(await ask([since + 60])).toMatchObject({kind: 'already-whole'});
});

test.each([
	['its host does not tell when it was started', [undefined], undefined],
	['two registries may serve the store', [since + 60, since + 60], undefined],
	['none is seen', [], undefined],
	['the step knows no time of a plan', [since + 60], {}],
] as const)('where %s, nothing is known to have restarted it: it is restarted', async (_name, started, inputs) => {
	expect(await ask([...started], inputs)).toEqual({kind: 'holds'});
});

test('without storage, nothing tells that it was restarted', async () => {
	expect(await registryRestart.precondition!({since}, contextWith({}))).toEqual({kind: 'holds'});
});
