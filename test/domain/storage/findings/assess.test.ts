import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Digest} from '../../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../../src/domain/image/media-type.ts';
import {assess, otherOrphans, relinkable} from '../../../../src/domain/storage/findings/assess.ts';
import type {StorageListing} from '../../../../src/domain/storage/listing/listing.ts';
import {type Blob, type BuiltImage, blobOf, buildImage} from '../../../../src/drills/images/image.ts';

const old = 1_600_000_000;
const taken = 1_700_000_000;
const link = (digest: Digest) => ({size: digest.length, changed: old, content: digest});

function emptyListing(): StorageListing {
	return {
		root: '/store',
		complete: true,
		gaps: [],
		repositories: new Map(),
		blobs: new Map(),
		manifests: new Map(),
		taken,
		folders: new Map([['repositories/app/_manifests/revisions/sha256', old + 60]]),
		unread: [],
	};
}

function put(listing: StorageListing, {digest, bytes}: Blob): void {
	listing.blobs.set(digest, {size: bytes.length, changed: old});
}

function repositoryOf(listing: StorageListing, name: string) {
	const known = listing.repositories.get(name) ?? {tags: new Map(), revisions: new Map(), layers: new Map()};
	listing.repositories.set(name, known);
	return known;
}

function push(listing: StorageListing, name: string, tag: string, {index, manifests, blobs}: BuiltImage): void {
	const repository = repositoryOf(listing, name);
	for (const blob of blobs) {
		put(listing, blob);
		repository.layers.set(blob.digest, link(blob.digest));
	}

	for (const manifest of [...manifests, index]) {
		put(listing, manifest);
		listing.manifests.set(manifest.digest, {ok: true, text: manifest.bytes.toString()});
		repository.revisions.set(manifest.digest, link(manifest.digest));
	}

	repository.tags.set(tag, {link: link(index.digest)});
}

function stored(image = buildImage({seed: 'app'}), tag = 'latest') {
	const listing = emptyListing();
	push(listing, 'app', tag, image);
	return {listing, image, app: listing.repositories.get('app')!};
}

const findings = (listing: StorageListing) => assess(listing, {role: 'authoritative'}).findings;
const json = (value: object) => blobOf(JSON.stringify(value));

describe('no finding is made for', () => {
	it('a foreign layer, an absent subject, a legitimately empty layer, an index within an index', () => {
		const {listing, app, image} = stored();
		const empty = blobOf('');
		const config = blobOf('{}');
		const artifact = json({
			schemaVersion: 2,
			config: {mediaType: 'application/vnd.acme.config', digest: config.digest, size: 2},
			layers: [
				{digest: empty.digest, size: 0},
				{
					mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
					digest: `sha256:${'f'.repeat(64)}`,
					size: 9,
					urls: ['https://elsewhere.example/x'],
				},
			],
			subject: {digest: `sha256:${'e'.repeat(64)}`, size: 9, mediaType: mediaTypes.ociManifest},
		});
		const outer = json({
			schemaVersion: 2,
			manifests: [
				{mediaType: image.index.mediaType, digest: image.index.digest, size: image.index.bytes.length},
				{mediaType: mediaTypes.ociManifest, digest: artifact.digest, size: artifact.bytes.length},
			],
		});
		const wrapped = {mediaType: mediaTypes.ociIndex};
		push(listing, 'app', 'outer', {
			index: {...outer, ...wrapped},
			manifests: [{...artifact, ...wrapped}],
			blobs: [empty, config],
		});

		expect(app.tags.size).toBe(2);
		expect(findings(listing)).toEqual([]);
	});

	it('a young revision without a tag, because a push may be under way', () => {
		const {listing, app, image} = stored();
		app.tags.clear();
		for (const digest of app.revisions.keys()) {
			app.revisions.set(digest, {...link(digest), changed: taken - 60});
		}

		listing.blobs.delete(image.blobs[0]!.digest);

		expect(findings(listing)).toEqual([]);
	});

	it('a part that a cache lacks, while its damaged data is a finding', () => {
		const {listing, app, image} = stored();
		app.revisions.delete(image.manifests[0]!.digest);
		listing.blobs.delete(image.manifests[1]!.digest);
		listing.blobs.delete(image.manifests[2]!.digest);
		listing.blobs.set(image.blobs.at(-1)!.digest, {size: 0, changed: old});

		expect(assess(listing, {role: 'cache'}).findings.map(({kind}) => kind)).toEqual(['blob-empty']);
		expect(findings(listing)).toHaveLength(4);
	});
});

describe('a child without a link', () => {
	it('is unlinked while all its data is there, and a relink repairs it', () => {
		const {listing, app, image} = stored();
		const child = image.manifests[0]!.digest;
		app.revisions.delete(child);

		const [finding, ...more] = findings(listing);

		expect(more).toEqual([]);
		expect(finding).toMatchObject({
			kind: 'child-unlinked',
			digest: child,
			via: [image.index.digest],
			platform: 'linux/amd64',
			remedy: 'relink',
			since: '2020-09-13T12:27:40Z',
		});
		expect(relinkable(finding!, listing)).toBe(true);
	});

	it('is swept once its config is gone: the finding lists it as missing, and no relink is offered', () => {
		const {listing, app, image} = stored();
		app.revisions.delete(image.manifests[1]!.digest);
		listing.blobs.delete(image.blobs[3]!.digest);

		const [finding] = findings(listing);

		expect(finding).toMatchObject({kind: 'child-swept', platform: 'attestation', missing: [image.blobs[3]!.digest]});
		expect(relinkable(finding!, listing)).toBe(false);
	});

	it('is no fault where a layer link of its own digest still makes 2.8 serve it', () => {
		const {listing, app, image} = stored();
		const child = image.manifests[0]!.digest;
		app.revisions.delete(child);
		app.layers.set(child, link(child));

		expect(findings(listing)).toEqual([]);
	});
});

it('a fault is one finding a repository, with all the tags that it breaks', () => {
	const {listing, image} = stored();
	push(listing, 'app', 'v1', image);
	push(listing, 'other', 'latest', image);
	listing.blobs.delete(image.blobs[0]!.digest);

	const scan = assess(listing, {role: 'authoritative'});

	expect(scan.findings.map(({repository, tags}) => [repository, tags])).toEqual([
		['app', ['latest', 'v1']],
		['other', ['latest']],
	]);
	expect(otherOrphans(scan, {repository: 'app', tag: 'v1'}).map(({repository}) => repository)).toEqual(['other']);
});

it('what a dangling tag names is rebuilt; a tag that names nothing is re-pointed where the repository has an intact image', () => {
	const {listing, app, image} = stored();
	app.tags.set('stray', {link: link(blobOf('gone').digest)});
	const remedies = () => findings(listing).map(({kind, tags, remedy}) => [kind, tags, remedy]);

	expect(remedies()).toEqual([['tag-dangling', ['stray'], 'rebuild']]);

	app.tags.set('stray', {});
	expect(remedies()).toEqual([['tag-dangling', ['stray'], 're-point']]);

	app.tags.set('stray', {link: link(blobOf('gone').digest)});
	app.revisions.delete(image.index.digest);
	expect(remedies()).toEqual([
		['tag-dangling', ['latest'], 'relink'],
		['tag-dangling', ['stray'], 'rebuild'],
	]);
});

it('of a tag whose link is gone, what is gone below it is named: a registry may remember that', () => {
	const {listing, app, image} = stored();
	const lost = image.blobs[1]!.digest;
	app.revisions.delete(image.index.digest);
	listing.blobs.delete(lost);

	expect(findings(listing)).toMatchObject([{kind: 'tag-dangling', tags: ['latest'], missing: [lost]}]);
});

it('an incomplete listing never leads to the advice to remove or re-point a tag', () => {
	const {listing, app} = stored();
	app.tags.set('stray', {link: link(blobOf('gone').digest)});
	const partial = {...listing, complete: false, gaps: ['blobs: Permission denied'], unread: ['blobs']};

	expect(findings(partial)).toMatchObject([{kind: 'tag-dangling', tags: ['stray'], remedy: 'inspect'}]);
});

it('a push during the listing is a gap, not a finding', () => {
	const {listing, app, image} = stored();
	app.tags.set('latest', {link: {...link(image.index.digest), changed: taken + 1}});
	listing.blobs.delete(image.blobs[0]!.digest);

	expect(assess(listing, {role: 'authoritative'})).toMatchObject({
		complete: false,
		findings: [],
		gaps: ['app:latest was pushed while the store was read'],
	});
});

it('nothing under an unread folder is called gone, and the scan is incomplete', () => {
	const {listing, image} = stored();
	const all = [...image.blobs, ...image.manifests];

	fc.assert(
		fc.property(fc.subarray(all), lost => {
			const partial: StorageListing = {
				...listing,
				complete: false,
				gaps: ['blobs: Permission denied'],
				blobs: new Map([...listing.blobs].filter(([digest]) => !lost.some(blob => blob.digest === digest))),
				unread: ['blobs'],
			};

			expect(assess(partial, {role: 'authoritative'})).toMatchObject({complete: false, findings: []});
		}),
	);
});

it('the loss of any single file is found', () => {
	const image = buildImage({seed: 'app'});
	const files = [
		...[...image.blobs, ...image.manifests, image.index].map(({digest}) => ({what: 'blobs' as const, digest})),
		...[...image.manifests, image.index].map(({digest}) => ({what: 'revisions' as const, digest})),
		...image.blobs.map(({digest}) => ({what: 'layers' as const, digest})),
	];

	for (const {what, digest} of files) {
		const {listing, app} = stored(image);
		(what === 'blobs' ? listing.blobs : app[what]).delete(digest);

		expect(findings(listing), `${what} ${digest}`).toHaveLength(1);
	}
});
