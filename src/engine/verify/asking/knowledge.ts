import type {Digest} from '../../../domain/image/digest.ts';
import type {Depth} from '../../../domain/image/verdict.ts';
import type {BlobAnswer, ManifestAnswer, Registry} from '../../ports/registry.ts';
import type {Waiting} from '../../ports/waiting.ts';
import {createFreshListing} from '../fresh-listing.ts';
import type {Need} from '../needs.ts';
import {type Found, type FoundFact, type ManifestFact, readManifest} from '../read-manifest.ts';
import {createOutage, isKeptOut, type Outage} from './outage.ts';
import type {Pace} from './pace.ts';
import {createSharing} from './sharing.ts';

/**
 * What is known of one repository, whoever found out. A digest is asked for once; who asks while an answer is on its way
 * waits for the same one. What kept the registry from answering is not remembered.
 */
export type Knowledge = {
	manifest(digest: Digest): ManifestFact | Promise<ManifestFact>;
	blob(need: Need, onBytes?: (count: number) => void): BlobAnswer | Promise<BlobAnswer>;
	/** A tag is asked afresh every time: it may name something else by now. */
	tag(tag: string): Promise<ManifestAnswer>;
	/** What a tag's answer says of the digest it has. */
	learn(answer: Found): FoundFact;
	/** Asked after this call, never before: what an older listing names may be deleted since. */
	tags(): Promise<ReadonlySet<string> | undefined>;
	/** Distinct indexes so far. */
	indexes(): number;
};

export type KnowledgeOptions = Waiting & {depth: Depth; pace: Pace; outage: Outage};

/** For each blob: how long it should be, and what the registry says to that. */
type SizedAnswer = {size: number; answer: BlobAnswer};

export function createKnowledge(
	registry: Registry,
	repository: string,
	{depth, signal, pace, outage}: KnowledgeOptions,
): Knowledge {
	const manifests = new Map<Digest, ManifestFact>();
	const blobs = new Map<Digest, SizedAnswer>();
	/** Blobs of which manifests claim yet another size: at most one is right, so there are few. */
	const misfits = new Map<string, BlobAnswer>();
	const pending = new Map<string, Promise<unknown>>();
	/** The same one for all: most blobs are there. */
	const present = new Map<number, BlobAnswer>();
	const sharing = createSharing();
	const refusals = createOutage(isKeptOut);
	let indexes = 0;

	function request<T>(ask: () => Promise<T>): Promise<T> {
		return pace.run(() => refusals.watch(() => outage.watch(ask)));
	}

	function together<T>(key: string, ask: () => Promise<T>): Promise<T> {
		const underWay = pending.get(key) as Promise<T> | undefined;
		if (underWay !== undefined) {
			return underWay;
		}

		const asked = ask().finally(() => pending.delete(key));
		pending.set(key, asked);
		return asked;
	}

	function remember<Fact extends ManifestFact>(digest: Digest, fact: Fact): Fact {
		manifests.set(digest, fact);
		indexes += fact.state === 'read' && fact.kind === 'index' ? 1 : 0;
		return fact;
	}

	function rememberBlob({digest, size}: Need, answer: BlobAnswer): BlobAnswer {
		const kept = answer.state === 'present' ? (present.get(answer.status) ?? answer) : answer;
		if (kept.state === 'present') {
			present.set(kept.status, kept);
		}

		if (blobs.has(digest)) {
			misfits.set(`${digest} ${size}`, kept);
		} else {
			blobs.set(digest, {size, answer: kept});
		}

		return kept;
	}

	return {
		manifest(digest) {
			return (
				manifests.get(digest) ??
				together(`m ${digest}`, async () => {
					const answer = await request(() => registry.manifest(repository, digest, {signal}));
					const fact = answer.state === 'found' ? readManifest(answer, digest, sharing) : answer;
					return manifests.get(digest) ?? remember(digest, fact);
				})
			);
		},

		blob(need, onBytes) {
			const {digest, size, mediaType} = need;
			const known = blobs.get(digest);
			const answer = known?.size === size ? known.answer : misfits.get(`${digest} ${size}`);
			return (
				answer ??
				together(`b ${digest} ${size}`, async () => {
					const descriptor = {digest, size, ...(mediaType === undefined ? {} : {mediaType})};
					const waiting = {signal, ...(onBytes === undefined ? {} : {onBytes})};
					return rememberBlob(need, await request(() => registry.blob(repository, descriptor, depth, waiting)));
				})
			);
		},

		tag: tag => request(() => registry.manifest(repository, tag, {signal})),

		learn(answer) {
			// What claims to be something else than its bytes says nothing of either.
			if (answer.claimed !== undefined) {
				return readManifest(answer, undefined, sharing);
			}

			const known = manifests.get(answer.digest);
			if (known !== undefined && known.state !== 'missing' && known.state !== 'unreadable') {
				return known;
			}

			const fact = readManifest(answer, undefined, sharing);
			return known === undefined ? remember(answer.digest, fact) : fact;
		},

		tags: createFreshListing(async () => {
			const tags = await request(() => registry.tags(repository, {signal}));
			return tags && new Set(tags);
		}),

		indexes: () => indexes,
	};
}
