import fc from 'fast-check';
import {expect, it} from 'vitest';
import {openTreeReader} from '../../../src/adapters/storage/listing-reader.ts';

const hex = 'a'.repeat(64);
const output = Buffer.from(
	[
		'now 1700000000.5',
		'd 2049 1700000000.1 ',
		'd 2049 1700000000.1 repositories/acme/tool/_manifests/tags/latest',
		'f 71 1700000000.2 repositories/acme/tool/_manifests/tags/latest/current/link',
		`f 71 1700000000.2 repositories/acme/tool/_manifests/revisions/sha256/${hex}/link`,
		`f 71 1700000000.2 repositories/acme/tool/_layers/sha256/${hex}/link`,
		`f 12 1700000000.25 blobs/sha256/aa/${hex}/data`,
		'f 3 1700000000.2 odd\nname\u001b[31m',
		'd 99 1700000000.2 blobs/mounted',
		'end 0',
		'',
	].join('\0'),
);

it('reads the records whatever the chunks', () => {
	fc.assert(
		fc.property(fc.integer({min: 1, max: 80}), size => {
			const reader = openTreeReader();
			for (let at = 0; at < output.length; at += size) {
				reader.push(output.subarray(at, at + size));
			}

			const {end, taken, repositories, blobs, closed} = reader.tree();
			const {tags, revisions, layers} = repositories.get('acme/tool')!;
			expect({end, taken, closed}).toEqual({
				end: 0,
				taken: 1700000000.5,
				closed: [{path: 'blobs/mounted', reason: 'is another file system'}],
			});
			expect([...tags]).toEqual([['latest', {link: {size: 71, changed: 1700000000.2}}]]);
			expect([revisions.size, layers.size, [...blobs.values()]]).toEqual([1, 1, [{size: 12, changed: 1700000000.25}]]);
		}),
	);
});

it('has no end when it was cut anywhere', () => {
	for (let length = 0; length < output.length; length++) {
		const reader = openTreeReader();
		reader.push(output.subarray(0, length));
		expect(reader.tree().end).toBeUndefined();
	}
});
