import {createHash} from 'node:crypto';
import {deflateSync, gzipSync, zstdCompressSync} from 'node:zlib';
import {blob, gzipLayer, type ImagePart, image, index, on} from './image-parts.ts';
import {pax, type TarFile, tarFile, tarOf} from './tar.ts';

type Fields = Record<string, unknown>;

const tarLayer = 'application/vnd.oci.image.layer.v1.tar';
const zstdLayer = `${tarLayer}+zstd`;
const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const configType = 'application/vnd.oci.image.config.v1+json';
const file: TarFile = {name: 'a', content: 'some text\n'.repeat(90)};
const archive = tarOf(file);
const packed = gzipSync(archive);
const framed = zstdCompressSync(archive);
const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** An image whose config is right but for `fields`. @param plain the unpacked layers */
function made(fields: Fields, layers: ImagePart[] = [blob(packed, gzipLayer)], plain: Buffer[] = [archive]): ImagePart {
	return of(
		blob(
			JSON.stringify({
				os: 'linux',
				architecture: 'amd64',
				rootfs: {type: 'layers', diff_ids: plain.map(sha256)},
				...fields,
			}),
			configType,
		),
		layers,
	);
}

/** With this config as it is. */
function of(config: ImagePart, layers: ImagePart[] = [blob(packed, gzipLayer)]): ImagePart {
	return {...image({layers, fields: {config: config.descriptor}}), needs: [config, ...layers]};
}

/** One layer as it is sent, with its content. */
function layered(bytes: Buffer, mediaType = gzipLayer, plain = archive): ImagePart {
	return made({}, [blob(bytes, mediaType)], [plain]);
}

function unpacking(...files: TarFile[]): ImagePart {
	const plain = tarOf(...files);
	return layered(gzipSync(plain), gzipLayer, plain);
}

const twoLayers = (below: TarFile[], above: TarFile[]) => {
	const plain = [tarOf(...below), tarOf(...above)];
	return made(
		{},
		plain.map(each => blob(gzipSync(each), gzipLayer)),
		plain,
	);
};

const changed = (bytes: Buffer, at: number) => {
	const copy = Buffer.from(bytes);
	copy[at < 0 ? copy.length + at : at]! ^= 1;
	return copy;
};

const right = () => made({});
const configOf = (part: ImagePart) => JSON.parse(String(part.needs[0]!.bytes)) as Fields;

/**
 * Images whose digests are all right, by what is odd about them. Written after the code, without a look at its verdicts: 43 of 44
 * were right at first try. `layer-with-urls` had no warning that names containerd.
 */
export const craftedImages: Readonly<Record<string, ImagePart>> = {
	'config-env-a-string': made({config: {Env: 'PATH=/bin'}}),
	'config-user-a-number': made({config: {User: 1000}}),
	'config-volumes-a-list': made({config: {Volumes: ['/data']}}),
	'config-label-a-number': made({config: {Labels: {build: 7}}}),
	'config-healthcheck-odd': made({config: {Healthcheck: 'curl'}}),
	'config-onbuild-a-number': made({config: {OnBuild: 7}}),
	'config-memory-a-string': made({config: {Memory: 'much'}}),
	'config-history-an-object': made({history: {created_by: 'RUN'}}),
	'config-empty-layer-a-string': made({history: [{empty_layer: 'true'}]}),
	'config-trailing-bytes': of(blob(`${JSON.stringify(configOf(right()))} {}`, configType)),
	'config-trailing-newlines': of(blob(`${JSON.stringify(configOf(right()))}\n\n`, configType)),
	'config-invalid-utf8': of(
		blob(Buffer.from(JSON.stringify({...configOf(right()), author: 'ÿ'}), 'latin1'), configType),
	),
	'config-os-missing': made({os: undefined}),
	'config-docker-typed': of(blob(JSON.stringify(configOf(right())), 'application/vnd.docker.container.image.v1+json')),
	'time-with-a-blank': made({created: '2026-01-01 00:00:00Z'}),
	'time-of-second-60': made({created: '2026-01-01T00:00:60Z'}),
	'time-empty': made({created: ''}),
	'time-in-history-a-number': made({history: [{created: 1767225600}]}),
	'diffid-upper-case': made({
		rootfs: {type: 'layers', diff_ids: [sha256(archive).toUpperCase().replace('SHA', 'sha')]},
	}),
	'diffid-of-the-packed-layer': made({rootfs: {type: 'layers', diff_ids: [sha256(packed)]}}),
	'diffid-type-other': made({rootfs: {type: 'layers+base', diff_ids: [sha256(archive)]}}),
	'diffids-swapped': made({rootfs: {type: 'layers', diff_ids: [sha256(tarOf({name: 'b'})), sha256(archive)]}}, [
		blob(packed, gzipLayer),
		blob(gzipSync(tarOf({name: 'b'})), gzipLayer),
	]),
	'layer-twice': made({}, [blob(packed, gzipLayer), blob(packed, gzipLayer)], [archive, archive]),
	'layer-with-urls': made({}, [blob(packed, gzipLayer, {urls: ['http://127.0.0.1:9/x']})]),
	'layer-of-no-bytes': layered(Buffer.alloc(0), tarLayer, Buffer.alloc(0)),
	'layer-type-with-parameter': layered(packed, `${gzipLayer}; charset=utf-8`),
	'gzip-of-no-bytes': layered(gzipSync(Buffer.alloc(0)), gzipLayer, Buffer.alloc(0)),
	'gzip-typed-zstd': layered(packed, zstdLayer),
	'gzip-twice': layered(gzipSync(packed), gzipLayer, packed),
	'gzip-wrong-length': layered(changed(packed, -1)),
	'gzip-in-two-members': layered(Buffer.concat([gzipSync(archive.subarray(0, 700)), gzipSync(archive.subarray(700))])),
	'gzip-then-zeros': layered(Buffer.concat([packed, Buffer.alloc(64)])),
	'deflate-without-gzip': layered(deflateSync(archive), dockerLayer),
	'zstd-cut': layered(framed.subarray(0, -5), zstdLayer),
	'zstd-in-two-frames': layered(
		Buffer.concat([zstdCompressSync(archive.subarray(0, 700)), zstdCompressSync(archive.subarray(700))]),
		zstdLayer,
	),
	'tar-without-its-end': unpackingBytes(tarFile(file)),
	'tar-bad-checksum': unpackingBytes(changed(archive, 3)),
	'tar-pax-size-no-number': unpacking(pax([['size', 'big']]), file),
	'tar-leaves-the-root': unpacking({name: '../../../out', content: 'x'}),
	'hard-link-to-the-layer-below-whited-out': twoLayers([file], [{name: '.wh.a'}, {name: 'b', type: '1', link: 'a'}]),
	'hard-link-before-its-target': unpacking({name: 'b', type: '1', link: 'a'}, file),
	'hard-link-through-a-symbolic-link': unpacking(
		{name: 'd', type: '5'},
		{name: 'd/a'},
		{name: 's', type: '2', link: 'd'},
		{name: 'b', type: '1', link: 's/a'},
	),
	'index-platform-of-another-architecture': index([on('linux/s390x', right())]),
	'index-child-with-wrong-type': index([
		{
			...right(),
			descriptor: {...right().descriptor, mediaType: 'application/vnd.docker.distribution.manifest.v2+json'},
		},
	]),
};

function unpackingBytes(plain: Buffer): ImagePart {
	return layered(gzipSync(plain), gzipLayer, plain);
}
