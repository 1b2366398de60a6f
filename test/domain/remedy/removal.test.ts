import {expect, test} from 'vitest';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import {sayRestore} from '../../../src/domain/remedy/removal.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const until = 'until the next collection';

test('the undo of a removal promises no whole image where one was not removed', () => {
	expect(sayRestore(digest, ['child-swept', 'child-unlinked'], until)).toBe(
		`regmedic restore INCIDENT ${digest} stores its manifests again while the blobs are there: ${until}.`,
	);
	expect(sayRestore(digest, ['blob-corrupt'], until)).toContain('is then as damaged as now (blob-corrupt)');
	expect(sayRestore(digest, ['blob-corrupt', 'layer-missing'], until)).toContain('stores nothing while');
});
