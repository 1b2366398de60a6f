import {describe, expect, it} from 'vitest';
import {saidCompression, shownCompression} from '../../../../src/domain/image/layer/compression.ts';

const oci = 'application/vnd.oci.image.layer.v1.tar';
const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const docker = 'application/vnd.docker.image.rootfs.diff.tar';
const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar';

describe('the media type of a layer says how it is compressed, as containerd reads it', () => {
	it.each([
		[oci, 'none'],
		[`${oci}+gzip`, 'gzip'],
		[`${oci}+zstd`, 'zstd'],
		[`${oci}+zstd+gzip`, 'zstd'],
		[`${oci}+bzip2`, 'none'],
		[`${oci}+gzip+other`, 'none'],
		[`${oci}.gzip`, undefined],
		[nondistributable, 'none'],
		[`${nondistributable}+gzip`, 'gzip'],
		[docker, 'any'],
		[`${docker}.gzip`, 'gzip'],
		[`${docker}+gzip`, 'none'],
		[`${docker}.gzip+other`, 'none'],
		[`${docker}.zstd`, undefined],
		[foreign, 'any'],
		[`${foreign}.gzip`, 'gzip'],
		[`${oci}+gzip+encrypted`, undefined],
		[oci.toUpperCase(), undefined],
		['application/vnd.acme.layer', undefined],
		['', undefined],
	])('%s: %s', (mediaType, said) => {
		expect(saidCompression(mediaType)).toBe(said);
	});
});

describe('the first bytes of a layer show how it is compressed', () => {
	it.each([
		['1f8b0800000000000003', 'gzip'],
		['1f8b0700000000000003', 'none'],
		['1f8b', 'none'],
		['28b52ffd0458d50b0094', 'zstd'],
		['28b52ffd', 'zstd'],
		['502a4d18030000000000', 'zstd'],
		['5f2a4d18030000000000', 'zstd'],
		['602a4d18030000000000', 'none'],
		['502a4d18', 'none'],
		['', 'none'],
	])('%s: %s', (hex, shown) => {
		expect(shownCompression(Buffer.from(hex, 'hex'))).toBe(shown);
	});
});
