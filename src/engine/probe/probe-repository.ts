import type {Reason} from '../../domain/error-codes.ts';
import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, isTag} from '../../domain/image/reference.ts';
import {type ImageCheck, unanswered} from '../../domain/image/verdict.ts';
import type {Sighting} from '../../domain/inventory/inventory.ts';
import {newestTags} from '../../domain/probe/tag-order.ts';
import type {ProbeTally, RepositoryTally} from '../../domain/probe/tally.ts';
import {forEachConcurrently, type Limiter} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {Walker} from '../verify/walk-image.ts';
import type {RegistryHealth} from './registry-health.ts';

export type Prober = {
	registry: Registry;
	walker: Walker;
	tally: ProbeTally;
	health: RegistryHealth;
	/** Bounds the images walked at a time, in all repositories together. */
	walks: Limiter;
	walksAtATime: number;
	/** Walks only this many of the newest tags of each repository. */
	newest: number | undefined;
	/** A person named the repository: where it, or its image, is absent, that is said. */
	isNamed?: boolean;
	onImage: (check: ImageCheck) => void;
	/** Called with what a tag names, also where its image is broken. */
	onSighting: (sighting: Omit<Sighting, 'seen'>) => void;
};

/**
 * Walks the tags of one repository. Whatever cannot be checked is counted as unknown, not thrown.
 * @returns whether the registry has it; false also where it did not say so
 */
export async function probeRepository(
	repository: string,
	prober: Prober,
	images?: readonly ImageReference[],
): Promise<boolean> {
	const {walker, tally} = prober;
	const listed = images ?? (await tagsOf(repository, prober));

	if (listed === undefined) {
		return false;
	}

	const own = tally.repository();
	let unchecked = 0;
	const left = listed.values();
	await forEachConcurrently(
		() => left.next().value,
		Math.min(listed.length, prober.walksAtATime),
		async image => {
			const isChecked = await prober.walks.run(() => probeImage(image, own, prober));
			unchecked += isChecked ? 0 : 1;
		},
	);
	own.end({
		indexes: walker.indexes(repository),
		sizeOnly: walker.sizeOnly(repository),
		isWhole: unchecked === 0,
	});
	walker.forget(repository);

	const lost = prober.health.lost();
	if (unchecked > 0 && lost) {
		const {code, message, hint} = lost;
		tally.gap({repository, code, message, hint}, unchecked);
	}

	return true;
}

/** Undefined: the repository is gone, or its tags could not be listed. */
async function tagsOf(
	repository: string,
	{registry, tally, health, newest, isNamed = false}: Prober,
): Promise<ImageReference[] | undefined> {
	try {
		const listed = await registry.tags(repository, health);
		health.answered();
		const tags = [...new Set(listed)];

		for (const tag of tags.filter(each => !isTag(each))) {
			tally.odd(`${repository}:${tag}`);
		}

		const named = tags.filter(isTag);
		// The repository was deleted since the catalogue was listed.
		if (listed === undefined) {
			if (isNamed) {
				tally.gap({repository, ...absent(`${registry.host} has no repository ${repository}.`)}, 1);
			}

			return undefined;
		}

		const chosen = newest === undefined ? named : newestTags(named, newest);
		return chosen.map(tag => ({host: registry.host, repository, tag}));
	} catch (error) {
		const failure = asFailure(error, health, repository);
		tally.gap({repository, code: failure.code, message: failure.message, hint: failure.hint}, 1);
		return undefined;
	}
}

/** @returns false where the registry was lost before the tag was checked */
async function probeImage(
	reference: ImageReference,
	own: RepositoryTally,
	{walker, tally, health, isNamed = false, onImage, onSighting}: Prober,
): Promise<boolean> {
	if (health.lost()) {
		return false;
	}

	let check: ImageCheck;
	try {
		check = await walkUnmoved(reference, walker);
		if (check.verdict !== 'unknown') {
			health.answered();
		}
	} catch (error) {
		const wasLost = health.lost() !== undefined;
		const failure = asFailure(error, health, reference.repository);
		if (wasLost) {
			return false;
		}

		// The tag was deleted since it was listed.
		if (failure.code === 'image.absent') {
			health.answered();
			if (isNamed) {
				const {repository} = reference;
				tally.gap({repository, ...absent(`${formatReference(reference)} is not in the registry.`)}, 1);
			}

			return true;
		}

		check = unanswered(reference, failure);
	}

	own.image(check);
	onImage(check);
	if (check.digest !== undefined && reference.tag !== undefined) {
		onSighting({repository: reference.repository, tag: reference.tag, digest: check.digest});
	}

	return true;
}

function absent(message: string): Reason {
	return {code: 'image.absent', message, hint: 'Check its name, and who removed it.'};
}

/** A tag that moved during the walk is walked once more: by then the push may be complete. */
async function walkUnmoved(reference: ImageReference, walker: Walker): Promise<ImageCheck> {
	const check = await walker.walk(reference);
	return check.unchecked.some(({code}) => code === 'tag-moved') ? walker.walk(reference) : check;
}

function asFailure(error: unknown, health: RegistryHealth, repository: string): OperatorError {
	const lost = health.lost();
	if (lost && health.signal.aborted && !(error instanceof OperatorError)) {
		return lost;
	}

	const failure = asOperatorError(error);
	health.failed(failure, repository);
	return failure;
}
