import {expect, test} from 'vitest';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import type {Finding, LatentFault, Scan} from '../../../src/domain/storage/findings/finding.ts';
import {sayScan} from '../../../src/plain/scan/say-scan.ts';

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);

const swept: Finding = {
	kind: 'child-swept',
	repository: 'infra-ci',
	digest: digest('9'),
	tags: ['latest', 'manual'],
	via: [digest('4')],
	platform: 'linux/amd64',
	missing: [digest('a'), digest('b')],
	remedy: 'rebuild',
	since: '2026-04-19T02:00:11Z',
	detail: '',
};

const scan: Scan = {
	root: '/opt/registry/data',
	complete: true,
	gaps: [],
	counts: {repositories: 12, tags: 72, indexes: 1, links: 531, blobs: 420},
	findings: [
		swept,
		{...swept, kind: 'child-unlinked', platform: 'attestation', digest: digest('2'), missing: [], remedy: 'relink'},
		{
			kind: 'layer-unlinked',
			repository: 'tools/build',
			digest: digest('c'),
			tags: ['v2'],
			via: [],
			missing: [],
			remedy: 'relink',
			detail: '',
		},
	],
};

test('findings are listed by image, then by kind with the tags they break and the next commands', () => {
	expect(sayScan(scan, {registry: 'registry.example:5050'}).join('\n')).toBe(
		`Scanned /opt/registry/data: 12 repositories, 72 tags, 1 index, 531 links, 420
  blobs.
  FAULT               PART                           BY (UTC)         REMEDY
infra-ci: latest, manual
  child-swept         linux/amd64 999999999999       2026-04-19 02:00 rebuild
  child-unlinked      attestation 222222222222       2026-04-19 02:00 relink
tools/build: v2
  layer-unlinked      sha256:cccccccccccc            unknown          relink
3 findings break 3 tags:
  1 child-unlinked, breaks 2 tags: the manifest is on disk, but this repository
      has no link to it
  1 child-swept, breaks 2 tags: the manifest is on disk, but its config or
      layers were garbage-collected
  1 layer-unlinked, breaks 1 tag: the data is on disk, but this repository has
      no link to it
Next: regmedic respond --image registry.example:5050/infra-ci:latest
Then: regmedic audit  (finds what will cause it again)`,
	);
});

test('a narrow terminal gets each finding on lines of its own, a wide one whole digests', () => {
	const narrow = sayScan(scan, {columns: 57});
	const wide = sayScan(scan, {columns: 200});

	expect(narrow).toContain('  child-swept: rebuild');
	expect(narrow).toContain('    linux/amd64 999999999999, by 2026-04-19 02:00 UTC');
	expect(wide.find(line => line.startsWith('  child-swept'))).toContain('linux/amd64 sha256:999999999999 ');
});

test('no line is wider than the terminal, but for what has to be copied whole', () => {
	const long = {...scan, gaps: ['blobs/sha256/4f: Permission denied'], complete: false};
	for (const columns of [60, 80, 120, 200]) {
		const lines = sayScan(long, {columns}).filter(line => !line.startsWith('Next:'));

		expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(columns);
	}
});

test('what has to be moved aside, and what a tag can be set back to, stand below the findings', () => {
	const folder = {path: 'repositories/infra-ci/_manifests/tags/latest/current/link', is: 'folder' as const};
	const dangling: Finding = {
		...swept,
		kind: 'tag-dangling',
		remedy: 're-point',
		aside: [folder, {path: 'blobs/sha256/44/data', is: 'damaged-data'}],
		history: [{tag: 'latest', digest: digest('5'), named: '2026-04-18T02:00:11Z'}],
	};

	expect(sayScan({...scan, findings: [dangling]}).slice(-7)).toEqual([
		'A tag can be set back to an image that is still whole on the disk:',
		'  - infra-ci:latest to sha256:555555555555 (last named on 2026-04-18 02:00 UTC)',
		'No push and no relink replaces these. Move them aside first, on the host below',
		'docker/registry/v2, and restart the registry:',
		`  - a folder: ${folder.path}`,
		'  - damaged data: blobs/sha256/44/data',
		'Next: regmedic respond --image HOST[:PORT]/infra-ci:latest',
	]);
});

test('leftovers are one line, and no finding', () => {
	const lines = sayScan({...scan, findings: [], leftovers: {images: 2, findings: [{...swept, tags: []}]}});

	expect(lines.slice(-2)).toEqual([
		'No fault found.',
		'2 leftovers: damaged, but without a tag, so no pull by tag needs them.',
	]);
});

test('entries that no registry writes are named, a few of them, and those at which a collection stops', () => {
	const strays = ['x', 'repositories/a/_manifests/tags/.nfs1', 'y', 'z', 'blobs/sha256/data'];
	const collectionStops: NonNullable<Scan['harmless']>['collectionStops'] = [
		{path: strays[1]!, collection: 'with -m', removed: 'nothing', first: 'move-away'},
		{path: strays[4]!, collection: 'every', removed: 'manifest-links', first: 'move-away'},
		{
			path: 'repositories/a/_manifests/tags/v1/current/link',
			collection: 'with -m',
			removed: 'nothing',
			first: 'repair',
		},
	];
	const harmless = {history: 0, leftOut: 9, strays, linksTakenBySize: 0, collectionStops};

	expect(sayScan({...scan, findings: [], harmless}, {columns: 160}).slice(-4)).toEqual([
		'9 entries ignored: no registry writes such files (x, repositories/a/_manifests/tags/.nfs1, y, …).',
		'A garbage collection with -m stops at repositories/a/_manifests/tags/.nfs1: move it away first.',
		'A garbage collection stops at blobs/sha256/data, after it has removed the links of untagged manifests: move it away first.',
		'A garbage collection with -m stops at repositories/a/_manifests/tags/v1/current/link: repair it first.',
	]);
});

test('a long list is cut, and says how much more there is', () => {
	const findings = Array.from({length: 300}, (_, at): Finding => ({...swept, repository: `app-${at}`}));
	const mine = Array.from({length: 30}, (_, at): Finding => ({...swept, digest: digest((at % 10).toString())}));
	const tags = Array.from({length: 50}, (_, at) => `v${at}`);

	const lines = sayScan({...scan, findings: [...mine, ...findings, {...swept, repository: 'aaa', tags}]});

	expect(lines.length).toBeLessThan(100);
	expect(lines).toContain('  … and 20 more findings of this image');
	expect(lines).toContain('… and 282 more findings of 282 other images: --json lists them all.');
	expect(lines.join('\n')).toContain('331 findings break 652 tags:');
	expect(sayScan({...scan, findings: [{...swept, tags}]}).join('\n')).toContain(
		'infra-ci: v0, v1, v2, v3, v4 and 45 more',
	);
});

test('a warning says what will break, and that nothing is broken yet', () => {
	const risk: LatentFault = {
		kind: 'served-as-layer',
		repository: 'infra-ci',
		digest: digest('9'),
		tags: ['latest'],
		via: [],
		detail: 'a garbage collection does not see it',
	};

	expect(sayScan({...scan, findings: [], risks: [risk]}).slice(-4)).toEqual([
		'No fault found.',
		'1 warning: no image is broken yet.',
		'  - infra-ci, sha256:999999999999 (latest): a garbage collection does not see it',
		'Next: regmedic audit  (finds what will cause it again)',
	]);
});

test('a scan with a gap says first that it is incomplete, and never that nothing is wrong', () => {
	const lines = sayScan({...scan, complete: false, gaps: ['blobs/sha256/4f: permission denied'], findings: []});

	expect(lines[0]).toBe('INCOMPLETE: part of the store could not be read. Other faults may exist.');
	expect(lines[1]).toBe('  - blobs/sha256/4f: permission denied');
	expect(lines).toContain('No fault found in the part that could be read; the rest is not known.');
	expect(lines).not.toContain('No fault found.');
});

test('a complete scan without findings says so', () => {
	expect(sayScan({...scan, findings: []}).at(-1)).toBe('No fault found.');
});

test('a long name is cut in its middle, and tells the images apart', () => {
	const repository = `team/${'very-long-'.repeat(20)}name`;
	const lines = sayScan({...scan, findings: [{...swept, repository, platform: `windows/amd64:${'1'.repeat(40)}`}]});

	const table = lines.filter(line => !line.startsWith('Next:'));
	expect(Math.max(...table.map(line => line.length))).toBeLessThanOrEqual(80);
	expect(lines.find(line => line.startsWith('team/'))).toMatch(/^team\/.*….*name: latest, manual$/);
});

test('control characters in a name from the disk are escaped', () => {
	expect(sayScan({...scan, findings: [{...swept, tags: ['\u001b[2J']}]}).join('\n')).toContain('infra-ci: ^[[2J');
});

test('images without a repository are listed by their whole digests, with what they are, the newest first', () => {
	const unnamed = (letter: string, stored: string): Finding => ({
		kind: 'repository-vanished',
		repository: '',
		digest: digest(letter),
		tags: [],
		via: [],
		missing: letter === 'a' ? [digest('f')] : [],
		remedy: 'inspect',
		detail: '',
		is: {
			form: 'index',
			platforms: ['linux/amd64', 'linux/arm64'],
			built: '2026-04-01T10:00:00Z',
			stored,
			bytes: 12_345_678,
		},
	});
	const findings = [unnamed('a', '2026-04-17T02:00:00Z'), unnamed('b', '2026-04-18T02:00:00Z')];

	const lines = sayScan({...scan, findings, leftovers: {images: 0, findings: [], unlinked: 3}});

	expect(lines.join('\n')).toBe(
		`Scanned /opt/registry/data: 12 repositories, 72 tags, 1 index, 531 links, 420
  blobs.
2 findings:
  2 repository-vanished: the image is on disk, and its repository is gone
2 images are on the disk and in no repository. The next garbage collection
deletes them, a plain one too. The names are not on the disk:
  - ${digest('b')}
    index of linux/amd64, linux/arm64; 12.3 MB, whole; built 2026-04-01 10:00
    UTC; stored 2026-04-18 02:00 UTC
  - ${digest('a')}
    index of linux/amd64, linux/arm64; 12.3 MB, 1 part gone; built 2026-04-01
    10:00 UTC; stored 2026-04-17 02:00 UTC
To link one again: regmedic respond --image HOST[:PORT]/REPOSITORY:TAG@DIGEST
3 leftovers in no repository: deleted on purpose, or not named by a tag for
  long. The next garbage collection removes them.`,
	);
});

test('tags that moved back are listed with both digests and break nothing, and the sentence says restore', () => {
	const back: Finding = {
		kind: 'tag-set-back',
		repository: 'infra-ci',
		digest: digest('1'),
		tags: ['latest'],
		via: [],
		missing: [],
		remedy: 're-point',
		detail: 'it names sha256:111111111111 (set 2026-04-18 02:00 UTC), and named later sha256:222222222222',
		history: [{tag: 'latest', digest: digest('2'), named: '2026-04-19T02:00:00Z'}],
	};
	const before = '2026-04-19T01:00:00Z';
	const restore = {kind: 'set-back', tags: 1, images: 0, repositories: 4, before} as const;

	const said = sayScan({...scan, findings: [back, swept], restore}).join('\n');

	expect(said).toContain('2 findings break 2 tags:');
	expect(said).toContain('  1 tag-set-back: the tag names');
	expect(said).toContain(`1 tag moved back:
  - infra-ci:latest: it names sha256:111111111111 (set 2026-04-18 02:00 UTC),
    and named later sha256:222222222222
This looks like a restore of older links over newer data:`);
	expect(said).not.toContain('can be set back to an image');
});
