import {expect, test} from 'vitest';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import type {Fault} from '../../../src/domain/image/fault.ts';
import {createUnservedTally, withTrouble} from '../../../src/domain/image/unserved.ts';
import type {ImageCheck} from '../../../src/domain/image/verdict.ts';

const digestOf = (n: number) => parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`);
const unserved = (n: number): Fault => ({
	kind: 'part-unserved',
	digest: digestOf(n),
	via: [digestOf(1000)],
	status: 206,
	detail: 'the registry promises 60 bytes and delivers none',
});

function checkOf(faults: Fault[]): ImageCheck {
	const verdict = faults.length === 0 ? 'intact' : 'broken';
	return {reference: 'h/acme/app:v1', verdict, checked: {manifests: 2, blobs: 3}, faults, unchecked: [], children: []};
}

function troubleOf(checks: ImageCheck[]) {
	const tally = createUnservedTally();
	for (const check of checks) {
		tally.add(check);
	}

	return tally.trouble();
}

const intact = (count: number) => Array.from({length: count}, () => checkOf([]));

test('parts that fail in images that have nothing else in common are the storage’s trouble', () => {
	const checks = [1, 2, 3, 4].map(n => checkOf([unserved(n)]));

	expect(troubleOf([...checks, ...intact(8)])).toMatchObject({code: 'registry.storage'});
});

test.each([
	['a few parts', [1, 2, 3].map(n => checkOf([unserved(n)]))],
	['all parts of one image, under many tags', Array.from({length: 9}, () => checkOf([1, 2, 3, 4, 5].map(unserved)))],
	['a base that many images share', Array.from({length: 9}, () => checkOf([unserved(1)]))],
	['a few of very many images', [...[1, 2, 3, 4].map(n => checkOf([unserved(n)])), ...intact(100)]],
])('%s are what fails, and not the storage', (_, checks) => {
	expect(troubleOf(checks)).toBeUndefined();
});

test('what else is wrong with an image stays a fault while the storage fails', () => {
	const trouble = troubleOf([1, 2, 3, 4].map(n => checkOf([unserved(n)])))!;
	const missing: Fault = {...unserved(9), kind: 'layer-missing', status: 404};

	expect(withTrouble(checkOf([unserved(1)]), trouble)).toMatchObject({
		verdict: 'unknown',
		faults: [],
		unchecked: [{code: 'registry.storage', digest: digestOf(1)}],
	});
	expect(withTrouble(checkOf([unserved(1), missing]), trouble)).toMatchObject({verdict: 'broken', faults: [missing]});
	expect(withTrouble(checkOf([missing]), trouble)).toEqual(checkOf([missing]));
});
