import {OperatorError} from '../../domain/errors.ts';
import {type ImageReference, isTag} from '../../domain/image/reference.ts';
import {type ImageCheck, unanswered} from '../../domain/image/verdict.ts';
import {newestTags} from '../../domain/probe/tag-order.ts';
import type {ProbeTally, RepositoryTally} from '../../domain/probe/tally.ts';
import type {Registry} from '../ports/registry.ts';
import type {Walker} from '../verify/walker.ts';
import {each} from './each.ts';
import type {Lifeline} from './lifeline.ts';
import type {Places} from './places.ts';

export type Prober = {
	registry: Registry;
	walker: Walker;
	tally: ProbeTally;
	lifeline: Lifeline;
	/** For images that are walked at a time, in all repositories together. */
	places: Places;
	walksAtATime: number;
	newest: number | undefined;
	onImage: (check: ImageCheck) => void;
};

/** Walks the tags of one repository. What cannot be looked at is counted as unknown; nothing is thrown for it. */
export async function probeRepository(repository: string, prober: Prober): Promise<void> {
	const {walker, tally} = prober;
	const tags = await tagsOf(repository, prober);

	if (tags === undefined) {
		return;
	}

	const own = tally.repository();
	let unlooked = 0;
	const left = tags.values();
	await each(
		() => left.next().value,
		Math.min(tags.length, prober.walksAtATime),
		async tag => {
			const isLooked = await prober.places(() => probeTag({host: prober.registry.host, repository, tag}, own, prober));
			unlooked += isLooked ? 0 : 1;
		},
	);
	own.end({indexes: walker.indexes(repository), isWhole: unlooked === 0});
	walker.forget(repository);

	const lost = prober.lifeline.lost();
	if (unlooked > 0 && lost) {
		const {code, message, hint} = lost;
		tally.gap({repository, code, message, hint}, unlooked);
	}
}

/** Undefined: there is nothing to walk, or no way to know. */
async function tagsOf(repository: string, {registry, tally, lifeline, newest}: Prober): Promise<string[] | undefined> {
	try {
		const listed = await registry.tags(repository, lifeline);
		lifeline.answered();
		const tags = [...new Set(listed)];

		for (const tag of tags.filter(each => !isTag(each))) {
			tally.odd(`${repository}:${tag}`);
		}

		const named = tags.filter(isTag);
		// Somebody removed it since the catalogue was listed.
		return listed === undefined ? undefined : newest === undefined ? named : newestTags(named, newest);
	} catch (error) {
		const failure = asFailure(error, lifeline);
		tally.gap({repository, code: failure.code, message: failure.message, hint: failure.hint}, 1);
		return undefined;
	}
}

/** @returns false where the registry was given up before */
async function probeTag(
	reference: ImageReference,
	own: RepositoryTally,
	{walker, lifeline, onImage}: Prober,
): Promise<boolean> {
	if (lifeline.lost()) {
		return false;
	}

	let check: ImageCheck;
	try {
		check = await walkUnmoved(reference, walker);
		if (check.verdict !== 'unknown') {
			lifeline.answered();
		}
	} catch (error) {
		const wasLost = lifeline.lost() !== undefined;
		const failure = asFailure(error, lifeline);
		if (wasLost) {
			return false;
		}

		// Somebody removed the tag since it was listed.
		if (failure.code === 'image.absent') {
			lifeline.answered();
			return true;
		}

		check = unanswered(reference, failure);
	}

	own.image(check);
	onImage(check);
	return true;
}

/** Somebody was pushing: once it is pushed, there is something to say. */
async function walkUnmoved(reference: ImageReference, walker: Walker): Promise<ImageCheck> {
	const check = await walker.walk(reference);
	return check.unchecked.some(({code}) => code === 'tag-moved') ? walker.walk(reference) : check;
}

function asFailure(error: unknown, lifeline: Lifeline): OperatorError {
	const lost = lifeline.lost();
	if (lost && lifeline.signal.aborted && !(error instanceof OperatorError)) {
		return lost;
	}

	if (!(error instanceof OperatorError)) {
		throw error;
	}

	lifeline.failed(error);
	return error;
}
