import {expect, it} from 'vitest';
import type {Audit} from '../../../src/domain/audit/audit.ts';
import type {Preflight} from '../../../src/domain/audit/preflight.ts';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import {sayAudit} from '../../../src/plain/audit/say-audit.ts';

const audit: Audit & {place: string} = {
	place: 'registry-vm:/opt/registry/data',
	versions: ['2.8.3'],
	risks: [
		{
			kind: 'removes-children',
			severity: 'will-break',
			file: '/etc/cron.d/registry',
			at: 3,
			line: '25 3 * * 0 root registry garbage-collect -m /c.yml',
			why: 'Children of an index have no tag.',
			advice: 'Leave -m out.',
		},
		{
			kind: 'floating-tag',
			severity: 'worth-knowing',
			file: '\u001b[2J/compose.yml',
			line: 'image: registry:2',
			why: 'It floats.',
			advice: 'Pin it.',
		},
	],
	unseen: [{what: 'the probe’s metrics', why: 'nobody says where they are', optional: true}],
};

const preflight: Preflight = {
	command: 'registry garbage-collect --dry-run -m /c.yml',
	complete: true,
	gaps: [],
	removes: {manifests: 2, blobs: 1},
	breaks: [
		{
			image: 'infra-ci:latest',
			repository: 'infra-ci',
			tag: 'latest',
			digests: [parseDigest(`sha256:${'9'.repeat(64)}`)],
		},
	],
	worsens: [],
};

it('the worst stands first, each risk with its line, what it does and the change', () => {
	expect(
		sayAudit({...audit, preflight: [preflight]}).join('\n'),
	).toBe(`Audited registry-vm:/opt/registry/data, registry 2.8.3.

WILL BREAK IMAGES:
  - /etc/cron.d/registry:3 (removes-children)
    | 25 3 * * 0 root registry garbage-collect -m /c.yml
    Children of an index have no tag.
    Change: Leave -m out.

WORTH KNOWING:
  - ^[[2J/compose.yml (floating-tag)
    | image: registry:2
    It floats.
    Change: Pin it.

PREFLIGHT of registry garbage-collect --dry-run -m /c.yml:
  The real run would remove 2 manifest links and 1 blob.
  It breaks 1 image:
  - infra-ci:latest (sha256:999999999999)

Not checked:
  - the probe’s metrics: nobody says where they are

Something will break images: make the changes above before it runs again.`);
});

it('what was not checked is never called clean', () => {
	const nothing = {...audit, risks: []};

	expect(sayAudit(nothing).at(-1)).toBe('Nothing found that breaks images.');
	expect(
		sayAudit({...nothing, unseen: [{what: 'the registry’s host', why: 'it does not answer'}]}).join(' '),
	).toContain('this is no all-clear.');
	expect(
		sayAudit({...nothing, preflight: [{...preflight, breaks: [], complete: false, gaps: ['cut']}]}).join('\n'),
	).toMatch(/INCOMPLETE[\s\S]*cut[\s\S]*this is\s+no all-clear/);
});

it.each([undefined, 60, 120])('no line is wider than the terminal (%s columns), unless it is one word', columns => {
	const long = {...audit.risks[0]!, line: 'registry garbage-collect '.repeat(20), why: 'It bites. '.repeat(30)};
	const lines = sayAudit({...audit, risks: [long], preflight: [preflight]}, columns);
	const width = Math.max(...lines.map(line => line.length));

	expect(width).toBeLessThanOrEqual(columns ?? 80);
	expect(width).toBeGreaterThan((columns ?? 80) - 30);
});

it('a rehearsed collection that removes what a relink needs is reported, once for each image', () => {
	const {digests} = preflight.breaks[0]!;
	const digest = digests[0]!;
	const worsens = [
		{image: 'old:latest', digest},
		{image: 'old:latest', digest},
	];
	const told = sayAudit({...audit, risks: [], preflight: [{...preflight, breaks: [], worsens}]}).join('\n');

	expect(told.match(/old:latest/g)).toHaveLength(1);
	expect(told).toContain('do not run it');
	const past = sayAudit({...audit, preflight: [{...preflight, worsens: [{...worsens[0]!, past: true}]}]}).join(' ');
	expect(past.replace(/\s+/g, ' ')).toContain(
		'old:latest is already broken, and the run removes an image that the tag could be set back to',
	);
	expect(past).not.toContain('what a relink needs');
	expect(told).not.toContain('Nothing found');
});

it('an audit of a disk that another registry answers for says so last, not that something runs again', () => {
	const [collection] = audit.risks;
	const elsewhere = {...collection!, kind: 'another-registry', file: 'https://registry.example'} as const;

	const alone = sayAudit({...audit, risks: [elsewhere]}).join(' ');
	expect(alone).toContain('Another registry answers than the one on this disk');
	expect(alone).not.toContain('before it runs again');
	expect(sayAudit({...audit, risks: [elsewhere, collection!]}).join(' ')).toContain('before it runs again');
});

it('a dry run that failed is shown with the registry’s words, where a real run stops, and what to do', () => {
	const failure = {
		code: 'audit.rehearsal-failed',
		message: 'The dry garbage collection on vm failed with exit 1: failed to mark: not a directory',
		hint: 'Run it there by hand.',
		stage: 'mark',
	} as const;
	const failed = {...preflight, complete: false, breaks: [], gaps: [failure.message], failure};

	expect(
		sayAudit({...audit, preflight: [failed]}).join('\n'),
	).toContain(`PREFLIGHT of registry garbage-collect --dry-run -m /c.yml:
  FAILED. The dry garbage collection on vm failed with exit 1: failed to mark:
    not a directory
  A real run stops at the same place, before it removes anything.
  Run it there by hand.
  INCOMPLETE: more may break than is listed here.
`);
	const path = 'repositories/acme/app/_manifests/tags/v1/current/link';
	const stop = {path, collection: 'with -m', removed: 'nothing', first: 'repair'} as const;
	expect(
		sayAudit({...audit, preflight: [{...failed, stops: [stop]}]})
			.join(' ')
			.replace(/\s+/g, ' '),
	).toContain(`It stops at ${path}: repair it first.`);
	expect(sayAudit({...audit, preflight: [{...failed, failure: {...failure, stage: 'sweep'}}]}).join('\n')).toContain(
		'after it has removed 2 manifest links',
	);
});
