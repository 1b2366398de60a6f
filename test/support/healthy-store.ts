import fc from 'fast-check';
import {oddImages} from './odd-images.ts';
import {emptyTree, push, type StoreTree} from './store-tree.ts';

/** Names that are nested in one another, also on the disk. */
const names = ['a', 'a/b', 'a/b/c', 'team/app', 'team'];
const kinds = Object.keys(oddImages);

const pushes = fc.array(
	fc.record({
		repository: fc.constantFrom(...names),
		tag: fc.constantFrom('latest', 'v1', 'V.2_x', '0'),
		kind: fc.constantFrom(...kinds),
		seed: fc.constantFrom('one', 'two', 'three'),
	}),
	{maxLength: 12},
);

/** Stores without damage: images share layers, repositories share images, tags move. */
export const healthyStores: fc.Arbitrary<StoreTree> = pushes.map(all => {
	const tree = emptyTree();
	for (const {repository, tag, kind, seed} of all) {
		push(tree, repository, tag, oddImages[kind]!(seed));
	}

	return tree;
});
