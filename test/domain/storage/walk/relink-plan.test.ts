import {expect, it} from 'vitest';
import {assess, relinkable} from '../../../../src/domain/storage/findings/assess.ts';
import {
	blobData,
	blobFolder,
	layerFolder,
	layersFolder,
	revisionFolder,
} from '../../../../src/domain/storage/listing/paths.ts';
import {type RelinkPart, relinkPlan} from '../../../../src/domain/storage/walk/relink-plan.ts';
import {oddImages} from '../../../support/odd-images.ts';
import {here, pushVictim, there} from '../../../support/store-damage.ts';
import {emptyTree, listingOf, push, remove, rootOf, type StoreTree} from '../../../support/store-tree.ts';

function findingsIn(tree: StoreTree) {
	return assess(listingOf(tree), {role: 'authoritative'}).findings;
}

const steps = (parts: RelinkPart[] = []) => parts.map(({role, where, from}) => [role, where, ...(from ? [from] : [])]);

it('a plan lists every part with its place, leaves first: linked, mounted, uploaded or PUT', () => {
	const tree = emptyTree();
	const {child, config, layer} = pushVictim(tree, 0);
	remove(tree, revisionFolder(here, child));
	remove(tree, layerFolder(here, config));
	remove(tree, layerFolder(here, layer));
	remove(tree, layerFolder(there, layer));

	const found = findingsIn(tree).find(({digest, repository}) => digest === child && repository === here)!;

	expect(found).toMatchObject({kind: 'child-unlinked', remedy: 'relink', plan: {complete: true}});
	expect(steps(found.plan!.parts)).toEqual([
		['config', 'elsewhere', there],
		['layer', 'disk'],
		['layer', 'linked'],
		['manifest', 'disk'],
	]);
	expect(found.plan!.parts.at(-1)!.digest).toBe(child);
	expect(relinkable(found, listingOf(tree))).toBe(true);
});

it('a nested index is put back after its children', () => {
	const tree = emptyTree();
	const {image, child} = pushVictim(tree, 1);
	const inner = image.manifests.at(-2)!.digest;
	remove(tree, revisionFolder(here, inner));
	remove(tree, revisionFolder(here, child));

	const found = findingsIn(tree).find(({digest}) => digest === inner)!;
	const manifests = found.plan!.parts.filter(({role}) => role === 'manifest');

	expect(found).toMatchObject({kind: 'child-unlinked', plan: {complete: true}});
	expect(manifests.map(({digest}) => digest)).toEqual(image.manifests.slice(0, -1).map(({digest}) => digest));
	expect(steps(manifests)).toEqual([
		['manifest', 'disk'],
		...Array(3).fill(['manifest', 'linked']),
		['manifest', 'disk'],
	]);
});

it('a child with a missing part is swept, and no relink is offered', () => {
	const tree = emptyTree();
	const {child, layer} = pushVictim(tree, 0);
	remove(tree, revisionFolder(here, child));
	remove(tree, blobData(layer));
	const listing = listingOf(tree);
	const [found] = findingsIn(tree).filter(({digest}) => digest === child);

	expect(found).toMatchObject({kind: 'child-swept', remedy: 'rebuild', missing: [layer]});
	expect(relinkPlan(found!, listing)).toMatchObject({complete: false});
	expect(relinkable(found!, listing)).toBe(false);
});

it('a repository without its folder _layers is one finding, whose plan has every blob of every tag', () => {
	const tree = emptyTree();
	const {image} = pushVictim(tree, 0);
	push(tree, here, 'other', oddImages.single!('other'));
	remove(tree, layersFolder(here));

	const [found, ...more] = findingsIn(tree);

	expect(more).toEqual([]);
	expect(found).toMatchObject({kind: 'layer-unlinked', tags: ['other', 'v1', 'v2'], plan: {complete: true}});
	expect(found!.digest).toBeUndefined();
	expect(found!.detail).toMatch(/_layers is gone.*garbage collection/);
	expect(found!.plan!.parts.filter(({where}) => where === 'elsewhere')).toHaveLength(image.blobs.length);
	expect(found!.plan!.parts.filter(({where}) => where === 'disk')).toHaveLength(3);
});

it('foreign layers are not part of a plan, and a caveat says that the registry may refuse their manifest', () => {
	const tree = emptyTree();
	const foreign = oddImages['a foreign layer']!('one');
	push(tree, 'app', 'latest', {
		manifests: [...foreign.manifests, ...oddImages['a Docker list']!('x').manifests],
		blobs: [...foreign.blobs, ...oddImages['a Docker list']!('x').blobs],
	});
	const listing = listingOf(tree);
	const digest = rootOf(foreign).digest;

	expect(relinkPlan({kind: 'child-unlinked', repository: 'app', digest, tags: [], via: []}, listing)).toMatchObject({
		complete: true,
		caveats: [expect.stringContaining('validation.manifests.urls')],
	});
});

it('no relink is offered where the parts could not be read', () => {
	const tree = emptyTree();
	const {child, config} = pushVictim(tree, 0);
	remove(tree, revisionFolder(here, child));

	const scan = assess(listingOf(tree, [blobFolder(config)]), {role: 'authoritative'});

	expect(scan.findings).toMatchObject([{kind: 'child-unlinked', remedy: 'inspect', plan: {complete: false}}]);
});
