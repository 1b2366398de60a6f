import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {formatReference, target} from '../../domain/image/reference.ts';
import {type InputsOf, inputParser} from '../../domain/incident/inputs.ts';
import {isRemoval, namesOf, type Removal, sayRestore, tagsOf} from '../../domain/remedy/removal.ts';
import {checkAcceptsDeletes} from './accepts-deletes.ts';
import type {ActionContext, ActionNamed, Precondition} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {performRemovals} from './perform-removals.ts';
import {lookAround} from './removal-look.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {withStoreLock} from './store-lock.ts';
import {untilNextCollection} from './until-next-collection.ts';

/**
 * Deletes an image by its digest, with its tags; a tag that leads to no manifest, by a marker. The bytes of the manifests are kept first.
 */
export const registryRemove: ActionNamed<'registry.remove'> = {
	name: 'registry.remove',
	parse: inputParser('registry.remove'),
	effect: 'destructive',
	inputs: {
		image: {required: true, about: 'the image reference'},
		...expectedInputs,
	},
	outcomes: {
		removed: 'the registry has neither the image nor its tags any more',
		disabled: 'the registry accepts no deletes',
		rejected: 'the registry rejected it, or still has a part of it',
		refused: 'the registry refused the request',
		unreachable: 'the registry does not respond',
	},
	provides: {removed: 'the digests and tags that are gone'},
	bare: ['disabled', 'rejected', 'refused', 'unreachable'],
	success: ['removed'],
	outcomeOf: refusedOrUnreachable,

	async gate(inputs, context) {
		await checkAcceptsDeletes(context);
		const changes = await removalsOf(inputs, context);
		const until = await untilNextCollection(context);
		const {image} = inputs;
		return {
			target: formatReference(image),
			changes,
			undo: changes
				.map(change =>
					change.kind === 'remove-tag'
						? `Nothing is lost with ${change.tag}: it names no manifest.`
						: sayRestore(change.digest, inputs.damaged?.findings ?? [], until),
				)
				.join(' '),
			phrase: `remove ${changes.length === 1 ? image.repository : `${changes.length} tags of ${image.repository}`}`,
			destructive: changes.length,
		};
	},

	async precondition(inputs, context) {
		const now = await stillDamaged(inputs.image, inputs, context);
		if (now.kind !== 'holds') {
			return now;
		}

		try {
			const why = whyChanged(await removalsOf(inputs, context), context);
			return why === undefined ? now : {kind: 'changed', say: why};
		} catch (error) {
			return notPossible(error);
		}
	},

	async run(_, context) {
		const {storage} = context.ports;
		const removals = context.approved.filter(isRemoval);
		return storage === undefined
			? performRemovals(removals, context)
			: withStoreLock(storage, context, lock => performRemovals(removals, context, lock));
	},

	async reconcile({image: {repository}}, context) {
		const {signal} = context;
		const registry = context.ports.registry.fresh();
		try {
			const listed = (await registry.tags(repository, {signal})) ?? [];
			const removals = context.approved.filter(isRemoval);
			const left: string[] = removals.flatMap(tagsOf).filter(tag => listed.includes(tag));
			for (const removal of removals) {
				if (removal.kind === 'remove-image') {
					const {state} = await registry.manifest(repository, removal.digest, {signal});
					left.push(...(state === 'missing' ? [] : [removal.digest]));
				}
			}

			return left.length === 0
				? {
						kind: 'done',
						outcome: 'removed',
						output: {removed: removals.flatMap(namesOf)},
						say: 'The registry has none of it any more.',
					}
				: {kind: 'not-done', say: `The registry still has ${left.join(', ')}.`};
		} finally {
			await registry.close();
		}
	},
};

/**
 * What has to be removed, as the registry is now. Only reads.
 * @throws OperatorError remove.child | remove.nothing | remove.unread; registry.*
 */
async function removalsOf({image, damaged}: InputsOf<'registry.remove'>, context: ActionContext): Promise<Removal[]> {
	const {signal} = context;
	const {repository} = image;
	const registry = context.ports.registry.fresh();
	try {
		const answer = await registry.manifest(repository, damaged?.digest ?? target(image), {signal});
		if (answer.state === 'unserved') {
			throw new OperatorError('remove.unread', `It is not known what ${formatReference(image)} is: ${answer.detail}.`, {
				hint: 'Try again when the registry can read it.',
				exit: 'indeterminate',
			});
		}

		const digest: Digest | undefined =
			damaged?.digest ?? (answer.state === 'found' ? answer.digest : (image.digest ?? undefined));
		const {tags, parents, attached, listed} = await lookAround(registry, repository, digest, context);
		const [parent] = parents;
		if (parent !== undefined && digest !== undefined) {
			throw new OperatorError(
				'remove.child',
				`The index ${repository}:${parent} names ${shortDigest(digest)} as a child.`,
				{
					hint: 'Removing it would break that index. Remove or repair the index instead.',
					exit: 'failed',
				},
			);
		}

		const own = damaged?.tags ?? (image.tag === undefined ? [] : [image.tag]);
		if (answer.state === 'found' && digest !== undefined) {
			return [{kind: 'remove-image', repository, digest, tags, attached}];
		}

		const dangling = [...new Set([...own, ...tags])].filter(tag => listed.includes(tag)).sort();
		if (dangling.length === 0) {
			throw new OperatorError('remove.nothing', `The registry has no ${formatReference(image)} to remove.`, {
				hint: 'Nothing is left to do: find all damage again.',
				exit: 'failed',
			});
		}

		return dangling.map(tag => ({kind: 'remove-tag', repository, tag, ...(digest !== undefined && {named: digest})}));
	} finally {
		await registry.close();
	}
}

/** Why it is not what was approved any more. */
function whyChanged(now: readonly Removal[], {approved}: ActionContext): string | undefined {
	const names = (some: readonly Removal[]) => some.flatMap(namesOf).sort().join(', ');
	const [shown, is] = [names(approved.filter(isRemoval)), names(now)];
	return shown === is ? undefined : `It is not what was approved: that was ${shown}, and now it is ${is}.`;
}

function notPossible(error: unknown): Precondition {
	const {code, message} = asOperatorError(error);
	if (code === 'remove.child' || code === 'remove.nothing') {
		return {kind: 'changed', say: message};
	}

	throw error;
}
