import type {FaultKind} from '../../src/domain/image/fault.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {blob, config, gzipLayer, type ImagePart, image, index, layer, plainImage} from './image-parts.ts';

/** An image whose manifest has an unusual form, stored whole as far as its manifests allow. */
export type Form = {
	name: string;
	image: ImagePart;
	/** What is wrong with it; none: it is intact. */
	kinds: FaultKind[];
	/** `skopeo copy`. It pulls what containerd refuses. */
	skopeo: 'pulls' | 'fails';
};

const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const urls = ['https://layers.example/1'];
const note = {'org.acme.note': null};

/** The same part, described otherwise. */
export function described(part: ImagePart, fields: Record<string, unknown>): ImagePart {
	return {...part, descriptor: {...part.descriptor, ...fields}};
}

/** An image with a second layer that is not stored. */
function lacking(seed: string, fields: Record<string, unknown>, manifest: Record<string, unknown> = {}): ImagePart {
	const own = layer(seed);
	const absent = described(layer(`${seed}, elsewhere`), fields).descriptor;
	return image({config: config(seed), layers: [own], fields: {layers: [own.descriptor, absent], ...manifest}});
}

export const forms: Form[] = [
	{
		name: 'a null annotation of a layer',
		image: image({config: config('1'), layers: [described(layer('1'), {annotations: note})]}),
		kinds: [],
		skopeo: 'pulls',
	},
	{
		name: 'a null annotation of a config',
		image: image({config: described(config('2'), {annotations: note}), layers: [layer('2')]}),
		kinds: [],
		skopeo: 'pulls',
	},
	{
		name: 'a null annotation of a subject',
		image: image({
			config: config('3'),
			layers: [layer('3')],
			fields: {subject: described(plainImage('never pushed'), {annotations: note}).descriptor},
		}),
		kinds: [],
		skopeo: 'pulls',
	},
	{
		name: 'a number as an annotation',
		image: image({config: config('4'), layers: [described(layer('4'), {annotations: {'org.acme.note': 1}})]}),
		kinds: ['manifest-unreadable'],
		skopeo: 'fails',
	},
	{
		name: 'a missing layer of a non-distributable type without urls',
		image: lacking('5', {mediaType: `${nondistributable}+gzip`}),
		kinds: ['layer-missing'],
		skopeo: 'fails',
	},
	{
		name: 'a missing layer of a non-distributable type whose urls are empty',
		image: lacking('6', {mediaType: nondistributable, urls: []}),
		kinds: ['layer-missing'],
		skopeo: 'fails',
	},
	{
		name: 'a missing foreign layer of Docker without urls',
		image: lacking('7', {mediaType: foreign}, {mediaType: mediaTypes.dockerManifest}),
		kinds: ['layer-missing'],
		skopeo: 'fails',
	},
	{
		name: 'a missing layer with urls, which live elsewhere',
		image: lacking('8', {mediaType: `${nondistributable}+gzip`, urls}),
		kinds: [],
		skopeo: 'fails',
	},
	{
		name: 'a layer of a non-distributable type that is there',
		image: image({config: config('9'), layers: [layer('9'), described(layer('9'), {mediaType: nondistributable})]}),
		kinds: [],
		skopeo: 'pulls',
	},
	{
		name: 'a layer whose size is 0 in the manifest',
		image: image({config: config('10'), layers: [described(layer('10'), {size: 0})]}),
		kinds: ['size-wrong'],
		skopeo: 'pulls',
	},
	{
		name: 'a layer whose size is larger in the manifest',
		image: image({config: config('11'), layers: [described(layer('11'), {size: 9999})]}),
		kinds: ['size-wrong'],
		skopeo: 'pulls',
	},
	{
		name: 'a config whose size is smaller in the manifest',
		image: image({config: described(config('12'), {size: 1}), layers: [layer('12')]}),
		kinds: ['size-wrong'],
		skopeo: 'fails',
	},
	{
		name: 'a child whose size is 0 in the index',
		image: index([described(plainImage('13'), {size: 0})]),
		kinds: ['size-wrong'],
		skopeo: 'pulls',
	},
	{
		name: 'an empty blob whose size is not 0 in the manifest',
		image: image({config: config('14'), layers: [described(blob('', gzipLayer), {size: 12}), layer('14')]}),
		kinds: ['size-wrong'],
		skopeo: 'pulls',
	},
	{
		name: 'an empty blob without a size',
		image: image({config: config('15'), layers: [described(blob('', gzipLayer), {size: undefined}), layer('15')]}),
		kinds: ['layer-unreadable'],
		skopeo: 'pulls',
	},
	{
		name: 'an empty blob of size 0',
		image: image({config: config('16'), layers: [blob('', gzipLayer), layer('16')]}),
		kinds: ['layer-unreadable'],
		skopeo: 'pulls',
	},
];
