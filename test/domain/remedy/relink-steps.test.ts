import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {parseManifest, references} from '../../../src/domain/image/manifest.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import {
	canRelink,
	type RelinkStep,
	relinkCounts,
	relinkSteps,
	relinkUndo,
} from '../../../src/domain/remedy/relink-steps.ts';
import {assess} from '../../../src/domain/storage/findings/assess.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import {currentLink, layerFolder, revisionFolder} from '../../../src/domain/storage/listing/paths.ts';
import type {RelinkPart} from '../../../src/domain/storage/walk/relink-plan.ts';
import {here, pushVictim, there} from '../../support/store-damage.ts';
import {emptyTree, listingOf, remove, rootOf, write} from '../../support/store-tree.ts';
import {tries} from '../../support/sweep.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const finding = (parts: RelinkPart[], more: Partial<Finding> = {}): Finding => ({
	kind: 'child-unlinked',
	repository: 'acme/app',
	tags: ['latest'],
	via: [],
	missing: [],
	remedy: 'relink',
	detail: '',
	plan: {complete: true, parts},
	...more,
});
const layer: RelinkPart = {digest: digest('a'), role: 'layer', where: 'elsewhere', from: 'acme/base', size: 12_345_678};
const config: RelinkPart = {digest: digest('b'), role: 'config', where: 'disk', size: 71};
const child: RelinkPart = {digest: digest('c'), role: 'manifest', where: 'disk', size: 500};
const index: RelinkPart = {digest: digest('d'), role: 'manifest', where: 'disk', size: 500};

test('blobs come before manifests, manifests before tags, and nothing twice', () => {
	const steps = relinkSteps([
		finding([config, child]),
		finding([config, layer, child, index], {
			kind: 'link-malformed',
			plan: {complete: true, parts: [config, layer, child, index], retag: ['latest']},
		}),
	]);

	expect(steps).toEqual([
		{kind: 'upload-blob', repository: 'acme/app', digest: config.digest, role: 'config', size: 71},
		{
			kind: 'mount-blob',
			repository: 'acme/app',
			digest: layer.digest,
			role: 'layer',
			from: 'acme/base',
			size: 12_345_678,
		},
		{kind: 'put-manifest', repository: 'acme/app', digest: child.digest},
		{kind: 'put-manifest', repository: 'acme/app', digest: index.digest},
		{kind: 'restore-tag', repository: 'acme/app', tag: 'latest', digest: index.digest},
	]);
	expect(relinkCounts(steps)).toBe('2 manifests, 1 config, 1 layer and 1 tag');
	expect(relinkCounts(steps.slice(0, 1))).toBe('1 config');
	expect(relinkCounts(steps.slice(1, 4))).toBe('2 manifests and 1 layer');
});

test('each step is shown as its request', () => {
	const steps = relinkSteps([
		finding([config, layer, child], {plan: {complete: true, parts: [config, layer, child], retag: ['1.0']}}),
	]);

	expect(steps.flatMap(sayChange)).toEqual([
		`PUT /v2/acme/app/blobs/uploads/…?digest=${config.digest}, an upload of 71 bytes read from the disk`,
		`POST /v2/acme/app/blobs/uploads/?mount=${layer.digest}&from=acme/base, or, if the registry does not mount it, an upload of 12.3 MB read from the disk`,
		`PUT /v2/acme/app/manifests/${child.digest}: the exact bytes from the disk`,
		`PUT /v2/acme/app/manifests/1.0: the exact bytes of ${child.digest} from the disk`,
	]);
	expect(relinkUndo(steps)).toContain('DELETE');
	expect(relinkUndo(steps.slice(3))).toContain('None is needed');
});

test.each<[string, Finding]>([
	['that needs a rebuild', finding([child], {remedy: 'rebuild'})],
	['whose plan is not complete', finding([child], {plan: {complete: false, parts: [child]}})],
	['without a plan', (({plan: _, ...rest}) => rest)(finding([child]))],
	['of which all is linked', finding([{...child, where: 'linked'}])],
	[
		'of a tag whose name no registry takes',
		finding([{...child, where: 'linked'}], {
			plan: {complete: true, parts: [{...child, where: 'linked'}], retag: ['a b']},
		}),
	],
])('a finding %s has no steps', (_, found) => {
	expect(relinkSteps([found])).toEqual([]);
	expect(canRelink(found)).toBe(false);
});

test('a blob in a folder with an impossible name is uploaded, not mounted', () => {
	expect(relinkSteps([finding([{...layer, from: 'a b&x=1'}])])).toMatchObject([
		{kind: 'upload-blob', repository: 'acme/app', digest: layer.digest},
	]);
});

test('in a store that lost any links, lower parts come first, none twice, and no linked part at all', () => {
	fc.assert(
		fc.property(fc.nat(2), fc.array(fc.nat(), {maxLength: 12}), fc.boolean(), (which, losses, tagToo) => {
			const tree = emptyTree();
			const {image} = pushVictim(tree, which);
			const links = [
				...image.blobs.flatMap(blob => [layerFolder(here, blob.digest), layerFolder(there, blob.digest)]),
				...image.manifests.slice(0, -1).map(manifest => revisionFolder(here, manifest.digest)),
			];
			const lost = new Set(losses.map(at => links[at % links.length]!));
			for (const link of lost) {
				remove(tree, link);
			}

			if (tagToo) {
				for (const path of tree.files.keys()) {
					if (path.startsWith(`repositories/${here}/`) && path.endsWith('/current/link')) {
						write(tree, path, `${rootOf(image).digest}\n`);
					}
				}
			}

			const {findings} = assess(listingOf(tree), {role: 'authoritative'});
			const steps = relinkSteps(findings.filter(({repository}) => repository === here));
			const done: RelinkStep[] = [];
			for (const step of steps) {
				expect(done.filter(before => keyOf(before) === keyOf(step))).toEqual([]);
				if (step.kind === 'put-manifest' || step.kind === 'restore-tag') {
					const body = image.manifests.find(each => each.digest === step.digest)!;
					const parsed = parseManifest(body.bytes.toString());
					const below = parsed.ok ? references(parsed.manifest).map(each => each.digest) : [];
					expect(
						steps.slice(done.length + 1).filter(later => later.kind !== 'restore-tag' && below.includes(later.digest)),
					).toEqual([]);
				}

				expect(linkFolder(step) === undefined || lost.has(linkFolder(step)!)).toBe(true);
				done.push(step);
			}

			const mustCome = [...lost].filter(link => link.startsWith(`repositories/${here}/`));
			expect(new Set(steps.map(linkFolder).filter(folder => folder !== undefined))).toEqual(new Set(mustCome));
		}),
		{numRuns: tries(100)},
	);

	function linkFolder(step: RelinkStep): string | undefined {
		return step.kind === 'restore-tag'
			? undefined
			: (step.kind === 'put-manifest' ? revisionFolder : layerFolder)(here, step.digest);
	}
});

function keyOf(step: RelinkStep): string {
	return step.kind === 'restore-tag' ? step.tag : `${step.kind === 'put-manifest'}${step.digest}`;
}

test('a tag with a damaged link is written after the manifest that it names', () => {
	const tree = emptyTree();
	const {image, child: lost} = pushVictim(tree, 0);
	remove(tree, revisionFolder(here, lost));
	const tag = [...tree.files.keys()].find(
		path => path.startsWith(`repositories/${here}/`) && path.endsWith('/current/link'),
	)!;
	const name = tag.split('/').at(-3)!;
	expect(tag).toBe(currentLink(here, name));
	write(tree, tag, `${rootOf(image).digest}\n`);

	const {findings} = assess(listingOf(tree), {role: 'authoritative'});

	expect(relinkSteps(findings.filter(({repository}) => repository === here))).toEqual([
		{kind: 'put-manifest', repository: here, digest: lost},
		{kind: 'restore-tag', repository: here, tag: name, digest: rootOf(image).digest},
	]);
});
