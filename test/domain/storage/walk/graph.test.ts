import {expect, test} from 'vitest';
import {parseDigest} from '../../../../src/domain/image/digest.ts';
import {parseManifest} from '../../../../src/domain/image/manifest.ts';
import {openGraph} from '../../../../src/domain/storage/walk/graph.ts';
import {plainImage} from '../../../support/image-parts.ts';

test('a manifest that was parsed for its config is not parsed again for the walk', () => {
	const {bytes, digest: text} = plainImage('plain');
	const digest = parseDigest(text);
	const source = bytes.toString();
	const parsed = parseManifest(source);
	const graph = openGraph({
		root: '/data',
		complete: true,
		gaps: [],
		repositories: new Map(),
		blobs: new Map([[digest, {size: bytes.length, changed: 0}]]),
		manifests: new Map([[digest, {ok: true, text: source}]]),
		parsed: new Map([[digest, parsed]]),
		taken: 0,
	});

	expect(graph.manifest(digest)).toBe(parsed);
});
