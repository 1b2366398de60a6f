import {expect, test} from 'vitest';
import {parseDigest} from '../../src/domain/digest.ts';
import type {Finding, Scan} from '../../src/domain/finding.ts';
import {sayScan} from '../../src/plain/say-scan.ts';

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
			tags: [],
			via: [],
			missing: [],
			remedy: 'relink',
			detail: '',
		},
	],
};

test('findings stand by image, then by kind, with the next command', () => {
	expect(sayScan(scan, {registry: 'registry.example:5050'}).join('\n')).toBe(
		`Scanned /opt/registry/data: 12 repositories, 72 tags, 1 index, 531 links, 420 blobs.
  FAULT                PART                                   SINCE                  REMEDY
infra-ci: latest, manual
  child-swept          linux/amd64 sha256:999999999999        2026-04-19 02:00 UTC   rebuild
  child-unlinked       attestation sha256:222222222222        2026-04-19 02:00 UTC   relink
tools/build: (no tag)
  layer-unlinked       sha256:cccccccccccc                    unknown                relink
3 findings:
  1 child-unlinked: the manifest is on disk, but this repository has no link to it
  1 child-swept: the manifest is on disk, but its config or layers were garbage-collected
  1 layer-unlinked: the data is on disk, but this repository has no link to it
Next: regmedic respond --image registry.example:5050/infra-ci:latest`,
	);
});

test('a scan with a gap says first that it is incomplete, and never that nothing is wrong', () => {
	const lines = sayScan({...scan, complete: false, gaps: ['blobs/sha256/4f: permission denied'], findings: []});

	expect(lines[0]).toBe('INCOMPLETE: not all of the store could be read. What follows is not the whole picture.');
	expect(lines[1]).toBe('  - blobs/sha256/4f: permission denied');
	expect(lines).toContain('No fault found in the part that could be read. That proves nothing.');
	expect(lines).not.toContain('No fault found.');
});

test('a complete scan without findings says so', () => {
	expect(sayScan({...scan, findings: []}).at(-1)).toBe('No fault found.');
});

test('a long name is cut in its middle, and no line is wider than a hundred columns', () => {
	const repository = `team/${'very-long-'.repeat(20)}name`;
	const lines = sayScan({...scan, findings: [{...swept, repository, platform: `windows/amd64:${'1'.repeat(40)}`}]});

	const table = lines.filter(line => !line.startsWith('Next:'));
	expect(Math.max(...table.map(line => line.length))).toBeLessThanOrEqual(100);
	expect(lines.find(line => line.startsWith('team/'))).toMatch(/^team\/.*….*name: latest, manual$/);
});

test('a name from the disk is shown, not obeyed', () => {
	expect(sayScan({...scan, findings: [{...swept, tags: ['\u001b[2J']}]}).join('\n')).toContain('infra-ci: ^[[2J');
});
