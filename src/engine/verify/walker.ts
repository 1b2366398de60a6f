import type {Fault} from '../../domain/image/fault.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import type {Depth, ImageCheck} from '../../domain/image/verdict.ts';
import type {ManifestAnswer, Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';
import {dangling} from './absent.ts';
import {createKnowledge, type Knowledge} from './asking/knowledge.ts';
import {createOutage, isRegistryDown} from './asking/outage.ts';
import {createPace, type Pace} from './asking/pace.ts';
import {unlessMoved} from './moved.ts';
import type {WalkProgress} from './progress.ts';
import type {FoundFact, ManifestFact} from './read-manifest.ts';
import {walkDown} from './walk-down.ts';

export type WalkerOptions = Waiting & {
	depth: Depth;
	/** A cache may lack children, and what belongs to them. */
	role?: 'authoritative' | 'cache';
	/** How many requests are under way; one that follows what the registry bears, if left out. */
	pace?: Pace;
};

export type ImageOptions = {
	/** `linux/arm64`: of an index, only this. */
	platform?: string;
	onProgress?: (progress: WalkProgress) => void;
};

/**
 * Walks many images of one registry and asks for nothing twice: one request for each distinct (repository, digest),
 * however many tags share it. How many requests are under way follows what the registry bears.
 */
export type Walker = {
	/**
	 * Walks everything that a pull of the image needs, and lists every fault on the way, not only the first.
	 * @throws OperatorError image.absent | image.platform-absent, and whatever keeps the registry from answering for the top manifest
	 */
	walk(reference: ImageReference, options?: ImageOptions): Promise<ImageCheck>;
	/** Distinct indexes met in a repository so far. */
	indexes(repository: string): number;
	/** Drops what is remembered of a repository whose images are all walked. */
	forget(repository: string): void;
};

export function createWalker(registry: Registry, options: WalkerOptions): Walker {
	const {depth, signal, role = 'authoritative'} = options;
	const pace = options.pace ?? createPace({signal, busy: () => registry.busy()});
	const outage = createOutage(isRegistryDown);
	const repositories = new Map<string, Knowledge>();

	function knowledgeOf(repository: string): Knowledge {
		const known = repositories.get(repository);
		if (known !== undefined) {
			return known;
		}

		const knowledge = createKnowledge(registry, repository, {depth, signal, pace, outage});
		repositories.set(repository, knowledge);
		return knowledge;
	}

	return {
		async walk(reference, image = {}) {
			signal.throwIfAborted();
			const knowledge = knowledgeOf(reference.repository);
			const descent = {depth, signal, isCache: role === 'cache', ...image};

			if (reference.digest !== undefined) {
				const fact = await knowledge.manifest(reference.digest);
				return isFound(fact)
					? walkDown(knowledge, reference, {digest: reference.digest, fact}, descent)
					: withoutManifest(reference, await topFault(reference, fact, knowledge.tags));
			}

			const ask = () => knowledge.tag(target(reference));
			const answer = await ask();
			let check: ImageCheck;

			if (answer.state === 'found') {
				const top = {digest: answer.claimed ?? answer.digest, fact: knowledge.learn(answer)};
				check = await walkDown(knowledge, reference, top, descent);
			} else {
				check = withoutManifest(reference, await topFault(reference, answer, knowledge.tags));
			}

			return unlessMoved(check, reference, answer, ask, {signal});
		},

		indexes: repository => repositories.get(repository)?.indexes() ?? 0,
		forget: repository => void repositories.delete(repository),
	};
}

type Unfound = Exclude<ManifestAnswer, {state: 'found'}>;

function isFound(fact: ManifestFact): fact is FoundFact {
	return fact.state !== 'missing' && fact.state !== 'unreadable';
}

async function topFault(reference: ImageReference, answer: Unfound, list: Knowledge['tags']): Promise<Fault> {
	if (answer.state === 'missing') {
		return dangling(reference, answer, list);
	}

	// A registry that fails on everything fails on this list, too; then it says nothing of the image.
	await list();
	const {status, detail} = answer;
	const {digest} = reference;
	return {kind: 'manifest-unreadable', ...(digest === undefined ? {} : {digest}), via: [], status, detail};
}

function withoutManifest(reference: ImageReference, fault: Fault): ImageCheck {
	return {
		reference: formatReference(reference),
		...(reference.digest === undefined ? {} : {digest: reference.digest}),
		verdict: 'broken',
		checked: {manifests: 1, blobs: 0},
		faults: [fault],
		unchecked: [],
		children: [],
	};
}
