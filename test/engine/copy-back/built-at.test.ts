import {describe, expect, it} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {type BuiltImage, buildImage} from '../../../src/drills/images/image.ts';
import {builtAt} from '../../../src/engine/copy-back/built-at.ts';
import type {Source} from '../../../src/engine/ports/source.ts';

const {signal} = new AbortController();

/** Holds this image, and hands a config over in pieces of one buffer that is filled again. */
function sourceOf({index, manifests, blobs}: BuiltImage, more: Partial<Source> = {}): Source {
	return {
		manifest: async ({digest}) => [index, ...manifests].find(each => each.digest === digest)?.bytes,
		async *stream({digest}) {
			const {bytes} = blobs.find(each => each.digest === digest)!;
			const piece = Buffer.alloc(7);
			for (let at = 0; at < bytes.length; at += piece.length) {
				yield piece.subarray(0, bytes.copy(piece, 0, at));
			}
		},
		...more,
	} as Source;
}

const built = (image: BuiltImage, more?: Partial<Source>) =>
	builtAt(sourceOf(image, more), {repository: 'acme/app', digest: image.index.digest}, {signal});

describe('when the image of a source was built', () => {
	it('is what the config of its first platform says, in UTC', async () => {
		expect(await built(buildImage({seed: 'a', created: '2026-04-18T04:00:00.123456789+02:00'}))).toBe(
			'2026-04-18T02:00:00.123Z',
		);
	});

	it.each<[string, string | undefined]>([
		['nothing', undefined],
		['the beginning of Unix time, of a reproducible build', '1970-01-01T00:00:00Z'],
		['no time', 'yesterday'],
	])('is not told where the config says %s', async (_, created) => {
		expect(await built(buildImage({seed: 'a', ...(created !== undefined && {created})}))).toBeUndefined();
	});

	it('is not told where the source does not deliver; that is no error', async () => {
		const image = buildImage({seed: 'a', created: '2026-04-18T02:00:00Z'});
		const fails = async () => {
			throw new OperatorError('source.gone', 'It is gone.', {hint: 'Look.', exit: 'failed'});
		};

		expect(await built(image, {manifest: fails})).toBeUndefined();
		expect(await built(image, {manifest: async () => undefined})).toBeUndefined();
	});
});
