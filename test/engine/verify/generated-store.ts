import fc from 'fast-check';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {mediaTypes} from '../../../src/domain/image/media-type.ts';
import {blobOf, type ManifestBlob} from '../../../src/drills/images/image.ts';
import type {BlobAnswer, ManifestAnswer, Registry} from '../../../src/engine/ports/registry.ts';
import {catalogueOf} from '../../support/fake-ports.ts';
import {document, host, missing} from './shelf.ts';

/** What is wrong with a digest, whoever asks for it. */
type Damage = 'none' | 'missing' | 'unreadable' | 'altered' | 'cut';

type Child = {of: number; isMisfit: boolean; platform: number};
type Node = {children: Child[]; damage: Damage};

/** Blobs at the bottom, images over them, indexes over images and over earlier indexes. */
export type Plan = {blobs: Damage[]; images: Node[]; indexes: Node[]; tags: number[]};

export type GeneratedStore = Registry & {tagged: string[]; asked: string[]};

const damage = fc.oneof(
	{weight: 5, arbitrary: fc.constant<Damage>('none')},
	{weight: 1, arbitrary: fc.constantFrom<Damage>('missing', 'unreadable', 'altered', 'cut')},
);
const child = fc.record({
	of: fc.nat(),
	isMisfit: fc.oneof({weight: 9, arbitrary: fc.constant(false)}, {weight: 1, arbitrary: fc.constant(true)}),
	platform: fc.nat({max: 2}),
});
const node = (most: number) => fc.record({children: fc.array(child, {minLength: 1, maxLength: most}), damage});

export const damagedPlan: fc.Arbitrary<Plan> = fc.record({
	blobs: fc.array(damage, {minLength: 1, maxLength: 6}),
	images: fc.array(node(4), {minLength: 1, maxLength: 5}),
	indexes: fc.array(node(4), {maxLength: 5}),
	tags: fc.array(fc.nat(), {minLength: 1, maxLength: 6}),
});

const sound = (nodes: Node[]) =>
	nodes.map(({children}) => ({
		damage: 'none' as const,
		children: children.map(each => ({...each, isMisfit: false})),
	}));

export const soundPlan: fc.Arbitrary<Plan> = damagedPlan.map(({blobs, images, indexes, tags}) => ({
	blobs: blobs.map(() => 'none' as const),
	images: sound(images),
	indexes: sound(indexes),
	tags,
}));

/** @param late holds an answer back until its turn */
export function storeOf(plan: Plan, late: <T>(answer: T) => Promise<T> = async answer => answer): GeneratedStore {
	const blobs = plan.blobs.map((_, n) => blobOf(`blob ${n}`.repeat(n)));
	const manifests: ManifestBlob[] = [];
	const damages = new Map<string, Damage>(plan.blobs.map((each, n) => [blobs[n]!.digest, each]));

	const name = <T extends {digest: Digest; bytes: Buffer}>(from: readonly T[], {of, isMisfit}: Child) => {
		const {digest, bytes} = from[of % from.length]!;
		return {digest, size: bytes.length + (isMisfit ? 1 : 0)};
	};
	const keep = (manifest: ManifestBlob, state: Damage) => {
		manifests.push(manifest);
		damages.set(manifest.digest, state);
	};

	plan.images.forEach(({children, damage: state}, n) => {
		const [config, ...layers] = children.map(each => name(blobs, each));
		keep(document({n, config, layers}, mediaTypes.ociManifest), state);
	});
	plan.indexes.forEach(({children, damage: state}, n) => {
		const listed = children.map(each => ({
			...name(manifests, each),
			mediaType: manifests[each.of % manifests.length]!.mediaType,
			...(each.platform === 0 ? {} : {platform: {os: 'linux', architecture: `arch${each.platform}`}}),
		}));
		keep(document({n, manifests: listed}), state);
	});

	const tagged = plan.tags.map((_, n) => `t${n}`);
	const byTag = new Map(plan.tags.map((of, n) => [tagged[n]!, manifests[of % manifests.length]!]));
	const byDigest = new Map(manifests.map(manifest => [manifest.digest as string, manifest]));

	function answerOf({bytes, digest, mediaType}: ManifestBlob): ManifestAnswer {
		const state = damages.get(digest);
		if (state === 'missing') {
			return missing;
		}

		if (state === 'unreadable' || state === 'cut') {
			return {state: 'unreadable', status: 500, detail: 'unknown'};
		}

		return state === 'altered'
			? {state: 'found', bytes, digest: blobOf('altered').digest, claimed: digest, mediaType}
			: {state: 'found', bytes, digest, mediaType};
	}

	function blobAnswer(digest: string, size: number): BlobAnswer {
		const {bytes} = blobs.find(blob => blob.digest === digest)!;
		const state = damages.get(digest);
		if (state === 'missing') {
			return missing;
		}

		if (state === 'cut' || size !== bytes.length) {
			return {state: 'truncated', status: 206, detail: `it is not ${size} bytes long`};
		}

		return state === 'none'
			? {state: 'present', status: 206}
			: {state: 'corrupt', status: 200, detail: 'its bytes do not hash to its digest'};
	}

	/** A second opinion is no question of the walk. */
	function uncounted<T>(ask: () => T): T {
		const before = self.asked.length;
		const answered = ask();
		self.asked.length = before;
		return answered;
	}

	const self: GeneratedStore = {
		host,
		tagged,
		asked: [],
		manifest(_, reference) {
			self.asked.push(reference);
			return late(answerOf((byTag.get(reference) ?? byDigest.get(reference))!));
		},
		blob(_, {digest, size}) {
			self.asked.push(`${digest} ${size}`);
			return late(blobAnswer(digest, size));
		},
		servesFromMemory: async () => false,
		certificate: () => undefined,
		login: () => undefined,
		rateLimit: () => undefined,
		askLimit: async () => undefined,
		tags: () => late(tagged),
		repositories: catalogueOf(),
		putManifest: () => Promise.reject(new Error('a walk never writes')),
		deleteManifest: () => Promise.reject(new Error('a walk never writes')),
		mountBlob: () => Promise.reject(new Error('a walk never writes')),
		uploadBlob: () => Promise.reject(new Error('a walk never writes')),
		requests: () => self.asked.length,
		busy: () => 0,
		fresh: () => ({
			...self,
			manifest: (...question) => uncounted(() => self.manifest(...question)),
			blob: (...question) => uncounted(() => self.blob(...question)),
		}),
		close: async () => {},
	};
	return self;
}
