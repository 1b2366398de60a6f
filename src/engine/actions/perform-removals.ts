import {asOperatorError} from '../../domain/errors.ts';
import {type Digest, parseDigest, shortDigest} from '../../domain/image/digest.ts';
import type {Problem} from '../../domain/incident/event.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {howToAllowDeletes, markerFor, namesOf, type Removal} from '../../domain/remedy/removal.ts';
import type {DeleteAnswer, Registry} from '../ports/registry.ts';
import type {StorageLock} from '../ports/storage.ts';
import type {ActionContext, ActionResult} from './action.ts';
import {keepManifests} from './keep-manifests.ts';

type Result = ActionResult<OutputValues<'registry.remove'>>;

/** Undefined: it is gone. */
type Failure = {outcome: 'disabled' | 'rejected'; say: string; problem?: Problem} | undefined;

/** Makes the removals that were approved, one after another, and reads back that each is gone. */
export async function performRemovals(
	removals: readonly Removal[],
	context: ActionContext,
	lock?: StorageLock,
): Promise<Result> {
	const removed: string[] = [];
	const registry = context.ports.registry.fresh();
	try {
		for (const [at, removal] of removals.entries()) {
			context.progress({label: 'removed', done: at, total: removals.length});
			lock?.lost?.throwIfAborted();
			const failure = await removeOne(removal, {registry, context, ...(lock && {lock})});
			if (failure !== undefined) {
				const {outcome, say, problem} = failure;
				const done = removed.length === 0 ? '' : `Removed: ${removed.join(', ')}. `;
				return {outcome, output: {}, say: `${done}${say}`, ...(problem && {problem})};
			}

			const names = namesOf(removal);
			removed.push(...names);
			await context.record('removed', {...removal}, `${removal.repository}: ${names.join(', ')} removed`);
		}
	} finally {
		await registry.close();
	}

	return {outcome: 'removed', output: {removed}, say: `Removed: ${removed.join(', ')}.`};
}

type Removing = {registry: Registry; context: ActionContext; lock?: StorageLock};

async function removeOne(removal: Removal, removing: Removing): Promise<Failure> {
	const {registry, context} = removing;
	const {signal} = context;
	const {repository} = removal;
	if (removal.kind === 'remove-tag') {
		return removeTag(removal, removal.named ?? neverStored, removing);
	}

	const {digest, tags} = removal;
	await keepManifests(registry, repository, digest, context);
	const answer = await deleteOnce(repository, digest, removing);
	if (answer.state === 'rejected') {
		return rejectedBy(answer);
	}

	for (const tag of tags) {
		// The registry deletes the tags after the image, and not all of them where it cannot read a tag of the repository.
		const failure = await removeTag({repository, tag}, neverStored, removing);
		if (failure !== undefined) {
			return failure;
		}
	}

	const {state} = await registry.manifest(repository, digest, {signal});
	return state === 'missing'
		? undefined
		: {outcome: 'rejected', say: `The registry still serves ${shortDigest(digest)}: it may answer from memory.`};
}

/** Of nothing, which is no manifest: to delete it deletes nothing, and tells whether deletes are accepted. */
const neverStored = parseDigest('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

/**
 * A tag that leads to nothing is set to a marker of its own, which is then deleted with it. Before that the digest that it names is
 * deleted: a registry that accepts no deletes would be left with the marker.
 */
async function removeTag(
	{repository, tag}: {repository: string; tag: string},
	named: Digest,
	removing: Removing,
): Promise<Failure> {
	const {registry, context, lock} = removing;
	const {signal, request} = context;
	const isListed = async () => (await registry.tags(repository, {signal}))?.includes(tag) === true;
	if (!(await isListed())) {
		return undefined;
	}

	const before = await deleteOnce(repository, named, removing);
	if (before.state === 'rejected') {
		return rejectedBy(before);
	}

	// Somebody may have pushed it meanwhile: then it is not what was approved.
	const now = await registry.manifest(repository, tag, {signal});
	if (now.state === 'found') {
		return {outcome: 'rejected', say: `${tag} names ${shortDigest(now.digest)} now: it was left alone.`};
	}

	lock?.lost?.throwIfAborted();
	const marker = await registry.putManifest(repository, tag, markerFor(`${request} ${tag}`), {signal});
	if (marker.state === 'rejected') {
		return {outcome: 'rejected', say: `The registry did not take the marker of ${tag}: ${marker.detail}`};
	}

	const answer = await deleteOnce(repository, marker.digest, removing);
	if (answer.state === 'rejected') {
		return rejectedBy(answer);
	}

	return (await isListed()) ? {outcome: 'rejected', say: `The registry still lists the tag ${tag}.`} : undefined;
}

/** Where the response leaves it open, the registry tells whether the manifest is there still. @throws OperatorError effect.unknown */
async function deleteOnce(
	repository: string,
	digest: Digest,
	{registry, context: {signal, log}, lock}: Removing,
): Promise<DeleteAnswer> {
	lock?.lost?.throwIfAborted();
	try {
		const answer = await registry.deleteManifest(repository, digest, {signal});
		log(`DELETE ${repository}@${digest} → ${answer.state} ${answer.status}`);
		return answer;
	} catch (error) {
		signal.throwIfAborted();
		const {code, message} = asOperatorError(error);
		const now = code === 'effect.unknown' ? await registry.manifest(repository, digest, {signal}) : undefined;
		if (now?.state !== 'missing') {
			throw error;
		}

		log(`DELETE ${repository}@${digest} → gone. ${message}`);
		return {state: 'deleted', status: 0};
	}
}

function rejectedBy({status, detail}: Extract<DeleteAnswer, {detail: string}>): Failure {
	return status === 405
		? {
				outcome: 'disabled',
				say: `The registry accepts no deletes: ${detail} Nothing was removed.`,
				problem: {
					code: 'remove.disabled',
					message: 'The registry accepts no deletes (405).',
					hint: howToAllowDeletes,
				},
			}
		: {outcome: 'rejected', say: `The registry rejected the delete: ${detail}`};
}
