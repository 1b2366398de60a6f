import {expect, test} from 'vitest';
import {parseReference} from '../../../src/domain/image/reference.ts';
import type {ActionContext, Ports} from '../../../src/engine/actions/action.ts';
import {ciBuild} from '../../../src/engine/actions/ci-build.ts';
import {
	damagedImage,
	fakeCi,
	fakeRegistry,
	image,
	pipeline,
	settings,
	smallManifest,
} from '../../support/fake-ports.ts';

const [before, pushed] = [smallManifest('before'), smallManifest('pushed')];
const damaged = damagedImage(before.digest);

/** The tag has moved since the plan was made. */
function ask(more: Partial<ActionContext>, orders: string[] = []) {
	const ci = {
		...fakeCi(),
		find: async ({requestId}: {requestId: string}) => (orders.includes(requestId) ? pipeline({number: 7}) : undefined),
	};
	const registry = fakeRegistry({latest: pushed, [pushed.digest]: pushed});
	const context = {
		ports: {registry, ci} as unknown as Ports,
		settings,
		request: 'item.2',
		opened: '2026-04-19T03:00:00.000Z',
		approved: [],
		recorded: [],
		signal: new AbortController().signal,
		...more,
	} as unknown as ActionContext;
	return ciBuild.precondition!({image: parseReference(image), damaged}, context);
}

test('nothing is ordered for a tag that somebody else has moved', async () => {
	expect(await ask({})).toMatchObject({kind: 'changed'});
});

test('a retry follows what its earlier attempt ordered, although that has moved the tag', async () => {
	expect(await ask({again: true, earlier: ['item.1']}, ['item.1'])).toEqual({kind: 'holds'});
});

test('a pipeline that was approved to be followed is followed, although it has moved the tag', async () => {
	expect(await ask({approved: [{kind: 'follow-pipeline', number: 7}]})).toEqual({kind: 'holds'});
});
