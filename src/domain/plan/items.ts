import type {Digest} from '../image/digest.ts';
import {type PlanItem, type PlanRemedy, storingRemedies} from './plan.ts';
import {isDestructive, type PlanChange} from './plan-change.ts';

/** What an action has prepared for one image. */
export type PreparedItem = {
	image: string;
	remedy: Exclude<PlanRemedy, 'restart' | 'leave'>;
	changes: PlanChange[];
	undo: string;
	/** The images that have to be whole first: its pipeline runs in them. */
	needs: readonly string[];
};

/** Bad data that is moved aside. `images`: those that use it. */
export type PreparedAside = {digest: Digest; images: readonly string[]; changes: PlanChange[]; undo: string};

/** It moves only with its replacement in hand: something in the same plan stores one of its images anew. */
export function isReplaced({images}: Pick<PreparedAside, 'images'>, prepared: readonly PreparedItem[]): boolean {
	return prepared.some(({image, remedy}) => storingRemedies.has(remedy) && images.includes(image));
}

/**
 * The items in the order in which they are done: what needs no bytes stored, the bad data that is moved aside, then the one restart,
 * then the rest. A manifest that only the registry's memory still serves is stored before the restart; whatever is pushed into a
 * stale memory is lost with a 201.
 * @param restart why the registry has to be restarted; undefined: it need not
 */
export function planItems(
	prepared: readonly PreparedItem[],
	restart: {undo: string} | undefined,
	asides: readonly PreparedAside[] = [],
): PlanItem[] {
	const needed = byNeed(prepared);
	const [first, later] = [needed.filter(isFirst), needed.filter(item => !isFirst(item))];
	const sequence = [...first, ...asides, ...(restart === undefined ? [] : (['restart'] as const)), ...later];
	const ids = new Map<string, string>(
		sequence.map((item, n) => [item === 'restart' ? item : 'image' in item ? item.image : item.digest, String(n + 1)]),
	);
	const idsOf = (names: readonly string[]) => names.flatMap(name => ids.get(name) ?? []);
	const done = new Set<string>();

	return sequence.map((item): PlanItem => {
		if (item === 'restart') {
			return {
				id: ids.get(item)!,
				image: null,
				remedy: item,
				after: idsOf([...first.map(({image}) => image), ...asides.map(({digest}) => digest)]),
				destructive: false,
				undo: restart!.undo,
				changes: [{type: 'restart'}],
			};
		}

		if (!('image' in item)) {
			const {digest, changes, undo} = item;
			const destructive = changes.some(isDestructive);
			return {id: ids.get(digest)!, image: null, digest, remedy: 'move-aside', after: [], destructive, undo, changes};
		}

		const {image, remedy, changes, undo, needs} = item;
		const moved = storingRemedies.has(remedy) ? asides.filter(({images}) => images.includes(image)) : [];
		// What two images need of each other cannot be waited for.
		const before = [
			...moved.map(({digest}) => digest),
			...(isFirst(item) ? [] : ['restart']),
			...needs.filter(need => done.has(need)),
		];
		done.add(image);
		return {
			id: ids.get(image)!,
			image,
			remedy,
			after: idsOf([...new Set(before)]),
			destructive: changes.some(isDestructive),
			undo,
			changes,
		};
	});
}

/** It stores no bytes: it comes before the restart, which would make the registry forget what is not on the disk. */
export function isFirst({remedy, changes}: Pick<PlanItem, 'remedy' | 'changes'>): boolean {
	return remedy === 'relink' && changes.every(({type}) => type === 'store-manifest');
}

/** What others need comes before them; else the order stays. */
export function byNeed<Item extends {image: string; needs: readonly string[]}>(prepared: readonly Item[]): Item[] {
	const items = new Map(prepared.map(item => [item.image, item]));
	const placed = new Set<Item>();
	const seen = new Set<Item>();
	const place = (item: Item) => {
		if (!seen.has(item)) {
			seen.add(item);
			for (const need of item.needs) {
				const before = items.get(need);
				if (before !== undefined) {
					place(before);
				}
			}

			placed.add(item);
		}
	};
	for (const item of prepared) {
		place(item);
	}

	return [...placed];
}

/** What `--destructive N` has to name. */
export function countDestructive(items: readonly Pick<PlanItem, 'changes'>[]): number {
	return items.flatMap(({changes}) => changes).filter(isDestructive).length;
}
