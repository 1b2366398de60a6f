import {expect, test} from 'vitest';
import {parseDigest} from '../../src/domain/digest.ts';
import {mediaTypes} from '../../src/domain/media-type.ts';
import type {ImageCheck} from '../../src/domain/verdict.ts';
import {sayCheck} from '../../src/plain/say-check.ts';

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);

const check: ImageCheck = {
	reference: '127.0.0.1:5055/infra-ci:latest',
	digest: digest('4'),
	mediaType: mediaTypes.ociIndex,
	verdict: 'broken',
	checked: {manifests: 2, blobs: 12},
	faults: [
		{
			kind: 'child-missing',
			digest: digest('9'),
			via: [digest('4')],
			platform: 'linux/amd64',
			status: 404,
			detail: 'manifest unknown',
		},
	],
	unchecked: [],
	children: [
		{
			digest: digest('9'),
			platform: 'linux/amd64',
			verdict: 'broken',
			status: 404,
			blobs: 0,
			detail: 'manifest unknown',
		},
		{digest: digest('1'), platform: 'linux/arm64', verdict: 'intact', status: 200, blobs: 12, detail: ''},
	],
};

test('a broken image is a tree, its faults with what they mean, the verdict and the next command', () => {
	expect(sayCheck(check).join('\n')).toBe(`127.0.0.1:5055/infra-ci:latest: broken
  index sha256:4444444444444444444444444444444444444444444444444444444444444444
    linux/amd64          sha256:999999999999  404     manifest unknown
    linux/arm64          sha256:111111111111  ok      12 blobs
1 fault:
  - child-missing, linux/amd64 sha256:999999999999: the index names a manifest that the registry
    does not have (HTTP 404, manifest unknown)
broken: 1 fault, 1 of 2 children cannot be pulled; 2 manifests and 12 blobs checked.
Next: regmedic respond --image 127.0.0.1:5055/infra-ci:latest`);
});

test('what could not be checked keeps the verdict unknown and says what to do', () => {
	const lines = sayCheck({
		...check,
		verdict: 'unknown',
		faults: [],
		unchecked: [
			{
				digest: digest('9'),
				via: [],
				code: 'registry.timeout',
				message: 'The registry did not answer in time.',
				hint: 'Try again later.',
			},
		],
	}).join('\n');

	expect(lines).toContain('Could not be checked:\n  - sha256:999999999999: The registry did not answer in time. (reg');
	expect(lines).toContain('    Try again later.\n');
	expect(lines).toContain('unknown: 2 manifests and 12 blobs checked, 1 part could not be checked.');
	expect(lines).not.toContain('intact:');
});

test('an intact image needs no next command', () => {
	const lines = sayCheck({...check, verdict: 'intact', faults: [], children: []});

	expect(lines.at(-1)).toBe('intact: 2 manifests and 12 blobs checked, every one of them as it should be.');
});

test('a tag that resolves to nothing is said so, and nothing from the registry draws', () => {
	const {digest: _, mediaType: __, ...rest} = check;
	const detail = '\u001b[31mgone\u202e';
	const lines = sayCheck({...rest, children: [], faults: [{kind: 'tag-dangling', via: [], detail}]}).join('\n');

	expect(lines).toContain('  the tag resolves to nothing\n');
	expect(lines).toContain('^[[31mgone<U+202E>');
});

test('no line is wider than a hundred columns', () => {
	const long = 'x'.repeat(60);
	const children = [{...check.children[0]!, platform: long, detail: `${long} ${long} ${long}`}];
	const faults = [{...check.faults[0]!, detail: `${long} ${long} ${long}`}];

	const lines = sayCheck({...check, children, faults});

	expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(100);
});
