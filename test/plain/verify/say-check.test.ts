import {describe, expect, test} from 'vitest';
import type {ReasonCode} from '../../../src/domain/error-codes.ts';
import {type Digest, parseDigest} from '../../../src/domain/image/digest.ts';
import type {Fault, FaultKind} from '../../../src/domain/image/fault.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import type {ChildCheck, ImageCheck, Unchecked, Verdict} from '../../../src/domain/image/verdict.ts';
import {type CheckStyle, sayCheck, sayChecks} from '../../../src/plain/verify/say-check.ts';

const digest = (digits: string | number) => parseDigest(`sha256:${String(digits).padStart(64, '0')}`);
const top = parseDigest(`sha256:${'4'.repeat(64)}`);

function child(number: number, platform: string | undefined, verdict: Verdict = 'intact', blobs = 3): ChildCheck {
	const detail = verdict === 'intact' ? `${blobs} blobs` : 'manifest unknown';
	return {digest: digest(number), ...(platform === undefined ? {} : {platform}), verdict, status: 200, blobs, detail};
}

function fault(kind: FaultKind, number: number, via: Digest[], platform?: string): Fault {
	const detail = kind === 'child-missing' ? 'manifest unknown' : 'blob unknown to registry';
	return {kind, digest: digest(number), via, ...(platform === undefined ? {} : {platform}), status: 404, detail};
}

function unseen(number: number, platform: string): Unchecked {
	const problem = {message: 'The registry did not answer in time.', hint: 'Look at its load.'};
	return {digest: digest(number), via: [top], platform, code: 'registry.stalled', ...problem};
}

function checkOf(verdict: Verdict, fields: Partial<ImageCheck> = {}): ImageCheck {
	return {
		reference: '127.0.0.1:5055/infra-ci:latest',
		digest: top,
		mediaType: mediaTypes.ociIndex,
		verdict,
		checked: {manifests: 2, blobs: 12},
		faults: [],
		unchecked: [],
		children: [],
		...fields,
	};
}

const say = (check: ImageCheck, style?: CheckStyle) => sayCheck(check, style).join('\n');

const halfBroken = checkOf('broken', {
	children: [child(1, 'linux/amd64', 'broken', 0), child(2, 'linux/arm64', 'intact', 12)],
	faults: [fault('child-missing', 1, [top], 'linux/amd64')],
});

const allOver = checkOf('broken', {
	children: [
		child(1, 'linux/amd64', 'broken', 0),
		child(2, 'attestation', 'broken'),
		child(3, 'linux/arm64', 'intact', 12),
		child(4, undefined, 'broken'),
		child(5, 'linux/s390x', 'unknown'),
	],
	faults: [
		fault('child-missing', 1, [top], 'linux/amd64'),
		fault('layer-missing', 20, [top, digest(2)], 'attestation'),
		fault('config-missing', 21, [top, digest(2)], 'attestation'),
		fault('child-missing', 22, [top, digest(4)], 'linux/riscv64'),
		fault('blob-empty', 23, [top, digest(4), digest(40)], 'windows/amd64'),
	],
	unchecked: [unseen(5, 'linux/s390x')],
});

test('a broken image is its verdict, a tree, what is wrong, what that means for a pull and the next command', () => {
	expect(say(halfBroken)).toBe(`127.0.0.1:5055/infra-ci:latest: broken
index sha256:4444444444444444444444444444444444444444444444444444444444444444
|- x linux/amd64 sha256:000000000000  child-missing (HTTP 404, manifest unknown)
\`- + linux/arm64 sha256:000000000000  ok, 12 blobs
Faults:
  - child-missing: the index names a manifest that the registry does not have
broken: 1 fault; 2 manifests and 12 blobs checked. linux/amd64 cannot be pulled;
linux/arm64 can.
Next: regmedic respond --image 127.0.0.1:5055/infra-ci:latest`);
});

test('config, layers and nested indexes are branches only where something is wrong with them', () => {
	const tree = sayCheck(allOver, {unicode: true, columns: 200}).slice(2, 12);

	expect(tree.map(line => line.replaceAll('0'.repeat(12), '…'))).toEqual([
		'├─ ✖ linux/amd64 sha256:…  child-missing (HTTP 404, manifest unknown)',
		'├─ ✖ attestation sha256:…  broken',
		'│  ├─ ✖ layer  sha256:…  layer-missing (HTTP 404, blob unknown to registry)',
		'│  └─ ✖ config sha256:…  config-missing (HTTP 404, blob unknown to registry)',
		'├─ ✔ linux/arm64 sha256:…  ok, 12 blobs',
		'├─ ✖ index       sha256:…  broken',
		'│  ├─ ✖ linux/riscv64 sha256:…  child-missing (HTTP 404, manifest unknown)',
		'│  └─ ✖ windows/amd64 sha256:…',
		'│     └─ ✖ blob sha256:…  blob-empty (HTTP 404, blob unknown to registry)',
		'└─ ? linux/s390x sha256:…  not checked: registry.stalled',
	]);
});

test('a terminal without unicode gets none', () => {
	expect(say(allOver, {unicode: false})).toMatch(/^[\u0020-\u007E\n]*$/);
});

test('a single image is its own tree: only what is wrong with it has a line', () => {
	const single = {mediaType: mediaTypes.ociManifest, children: [{...child(0, undefined, 'broken'), digest: top}]};
	const lines = sayCheck(checkOf('broken', {...single, faults: [fault('layer-missing', 7, [top])]}), {columns: 100});

	expect(lines.slice(1, 3)).toEqual([
		`manifest ${top}`,
		'`- x layer sha256:000000000000  layer-missing (HTTP 404, blob unknown to registry)',
	]);
	expect(lines.join('\n')).toContain('The image cannot be pulled.');
	expect(
		sayCheck(checkOf('intact', {...single, children: [{...single.children[0]!, verdict: 'intact'}]})),
	).toHaveLength(4);
});

describe('what it means for someone who pulls', () => {
	const amd64 = fault('child-missing', 1, [top], 'linux/amd64');

	test.each<[string, Partial<ImageCheck>, string]>([
		[
			'some platforms',
			allOver,
			'linux/amd64, linux/riscv64 and windows/amd64 cannot be pulled; linux/arm64 can. linux/s390x could not be checked.',
		],
		[
			'every platform',
			{faults: [amd64], children: [child(1, 'linux/amd64', 'broken'), child(2, 'linux/arm64', 'broken')]},
			'No platform of the image can be pulled.',
		],
		[
			'an attestation',
			{
				faults: [fault('child-missing', 2, [top], 'attestation')],
				children: [child(1, 'linux/amd64'), child(2, 'attestation', 'broken')],
			},
			'Every platform can be pulled. An attestation cannot: copying the whole image',
		],
		[
			'many platforms',
			{
				faults: [amd64],
				children: Array.from({length: 9}, (_, at) => child(at, `linux/p${at}`, at === 0 ? 'intact' : 'broken')),
			},
			'linux/p1, linux/p2, linux/p3, linux/p4 and 4 more cannot be pulled; linux/p0 can.',
		],
	])('%s', (_, fields, meaning) => {
		expect(sayCheck(checkOf('broken', fields), {columns: 200}).join(' ')).toContain(meaning);
	});
});

test('what could not be checked keeps the verdict unknown, and each reason is said once with what to do', () => {
	const unchecked = Array.from({length: 9}, (_, at) => unseen(at, 'linux/amd64'));
	const text = say(checkOf('unknown', {unchecked}), {flags: '--plain-http', depth: 'content', columns: 200});

	expect(text).toContain('9 parts could not be checked:\n  - linux/amd64 sha256:000000000000, ');
	expect(
		text.match(/The registry did not answer in time\. \(registry\.stalled\)\n {4}Look at its load\./g),
	).toHaveLength(1);
	expect(text).toContain(
		'unknown: 2 manifests and 12 blobs checked; no fault was found in them. The rest is not known.',
	);
	expect(text).toMatch(
		/\nOnce fixed: regmedic verify --depth content 127\.0\.0\.1:5055\/infra-ci:latest --plain-http$/,
	);
	expect(text).not.toContain('intact');
});

test('an intact image needs no next command, and depth head says what it did not check', () => {
	expect(sayCheck(checkOf('intact')).slice(-2).join(' ')).toBe(
		'intact: 2 manifests and 12 blobs checked. Every part exists, with the right size and a readable last byte; its content was not read: --depth content.',
	);
	expect(say(checkOf('intact'), {depth: 'head'})).toContain('--depth edge');
});

test('a tag that resolves to nothing is named, and nothing from the registry draws', () => {
	const {digest: _, mediaType: __, ...rest} = checkOf('broken');
	const hostile = '\u001b[31mgone\u202e\nfine';
	const text = say({...rest, faults: [{kind: 'tag-dangling', via: [], detail: hostile}]});

	expect(text).toContain('`- x tag  tag-dangling (^[[31mgone<U+202E>');
	expect(text).toMatch(/The registry serves no\s+manifest for this tag: it cannot be pulled\./);

	const children = [{...child(1, hostile, 'broken'), detail: hostile}];
	const unchecked = [{...unseen(3, hostile), message: hostile, hint: hostile, code: hostile as ReasonCode}];
	expect(say(checkOf('broken', {reference: hostile, children, unchecked}))).not.toMatch(/[\u001B\u202E]/);
});

test.each([60, 80, 200])('no line is wider than %i columns, but for what has to be copied whole', columns => {
	const wide = sayCheck(allOver, {columns, unicode: true}).filter(line => line.length > columns);

	expect(wide.filter(line => !/^(index sha256:|Next)/.test(line))).toEqual([]);
});

test('a long list keeps what is broken, counts the rest and says where all of it is', () => {
	const children = Array.from({length: 100}, (_, at) => child(at, `linux/p${at}`, at === 99 ? 'broken' : 'intact'));
	const faults = Array.from({length: 50}, (_, at) => fault('layer-missing', 200 + at, [top, digest(99)]));
	const lines = sayCheck(checkOf('broken', {children, faults}));

	expect(lines.length).toBeLessThan(40);
	expect(lines.join('\n')).toContain('linux/p99');
	expect(lines.join('\n')).toContain('46 more parts  --json lists them');
	expect(lines.join('\n')).toContain('84 more children  84 ok; --json lists them');
});

test('a child that a cache does not hold is called that', () => {
	const children = [child(1, 'linux/amd64'), {...child(2, 'linux/arm64'), blobs: 0, detail: 'not in the cache'}];

	expect(say(checkOf('intact', {children}))).toContain('ok, not in the cache');
});

test('several images end in one line that counts them', () => {
	expect(sayChecks([checkOf('intact'), halfBroken, checkOf('intact')])).toBe('3 images: 1 broken, 2 intact.');
});
