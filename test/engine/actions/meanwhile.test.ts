import {expect, it} from 'vitest';
import {createLookout} from '../../../src/engine/actions/meanwhile.ts';
import {withStoreLock} from '../../../src/engine/actions/store-lock.ts';
import {contextWith, fakeClock, fakeStorage} from '../../support/fake-ports.ts';
import {hostNow, process} from '../../support/host-now.ts';

const collecting = hostNow({processes: [process(['registry', 'garbage-collect', '/c.yml'], {store: 'same'})]});
const passed = () => new Promise(resolve => setImmediate(resolve));

/** A host that counts the looks at it, and a time that passes when it is told to. */
function watched() {
	let looks = 0;
	let later = () => {};
	const storage = fakeStorage([], {
		async hostNow() {
			looks++;
			return looks === 1 ? hostNow() : collecting;
		},
	});
	const clock = {
		...fakeClock(),
		sleep: () =>
			new Promise<void>(resolve => {
				later = resolve;
			}),
	};
	return {storage, context: contextWith({storage, clock}), looks: () => looks, later: () => later()};
}

/** Items that hold the lock of the store together; each looks when it is told to. */
async function hold({storage, context}: ReturnType<typeof watched>, many: number) {
	const items = Array.from({length: many}, () => {
		const told = Promise.withResolvers<void>();
		const found = withStoreLock(storage, context, async () => {
			await told.promise;
			return createLookout(context).look();
		});
		return {look: told.resolve, found};
	});
	await passed();
	return items;
}

it('items that change the store at once share one look, which begins when the last of them has stored what it stores', async () => {
	const host = watched();
	const items = await hold(host, 4);

	for (const {look} of items.slice(0, 3)) {
		look();
		await passed();
	}

	expect(host.looks()).toBe(0);
	items[3]!.look();

	expect(await Promise.all(items.map(({found}) => found))).toEqual([[], [], [], []]);
	expect(host.looks()).toBe(1);
});

it('an item that takes longer does not hold up the others, and what begins meanwhile is seen by its own look', async () => {
	const host = watched();
	const [first, second, slow] = await hold(host, 3);
	first!.look();
	second!.look();
	await passed();
	expect(host.looks()).toBe(0);

	host.later();
	expect(await Promise.all([first!.found, second!.found])).toEqual([[], []]);
	slow!.look();

	expect(await slow!.found).toHaveLength(1);
	expect(host.looks()).toBe(2);
});
