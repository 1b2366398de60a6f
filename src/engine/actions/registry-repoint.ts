import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {StorageLock} from '../ports/storage.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {readBack} from './read-back.ts';
import {expectedInputs, stillDamaged} from './still-damaged.ts';
import {withStoreLock} from './store-lock.ts';

/** Points the tag at another, intact image of the same repository. Nothing is uploaded. */
export const registryRepoint: ActionNamed<'registry.repoint'> = {
	name: 'registry.repoint',
	parse: inputParser('registry.repoint'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference with the tag to move'},
		to: {required: true, about: 'an intact image of the same repository'},
		tags: {required: false, about: 'all tags to move; absent: that of the image'},
		...expectedInputs,
	},
	outcomes: {
		repointed: 'the tag names the other image',
		rejected: 'the registry rejected it or did not store it, or the other image has moved',
		refused: 'the registry refused the request',
		unreachable: 'the registry does not respond',
	},
	provides: {digest: 'the digest that the tag names now', before: 'the digest that it named before'},
	bare: ['rejected', 'refused', 'unreachable'],
	success: ['repointed'],
	outcomeOf: error => (error.code === 'image.absent' ? 'rejected' : refusedOrUnreachable(error)),

	async gate({image, to, tags}, context) {
		const moved = tagsToMove(image, to, tags);
		const check = await walkImage(context.ports.registry, to, {
			depth: 'edge',
			platforms: context.settings.platforms,
			signal: context.signal,
		});
		if (check.verdict !== 'intact' || check.digest === undefined) {
			throw new OperatorError(
				'repoint.not-intact',
				`${formatReference(to)} is ${check.verdict}: the tag must not name it.`,
				{hint: 'Choose another remedy.', exit: 'failed'},
			);
		}

		const changes: PointTag[] = [];
		for (const tag of moved) {
			const from = await digestNow({...image, tag}, context);
			changes.push({
				kind: 'point-tag',
				repository: image.repository,
				tag,
				// Its digest stands beside its name.
				image: formatReference(to.tag === undefined ? to : {host: to.host, repository: to.repository, tag: to.tag}),
				to: check.digest,
				...defined({from}),
			});
		}

		const nameOf = (tag: string) => (changes.length === 1 ? 'the tag' : tag);
		return {
			target: formatReference(image),
			changes,
			undo: changes
				.map(({tag, from}) => `PUT the manifest of ${from ?? 'the old digest'} under ${nameOf(tag)} again.`)
				.join(' '),
			phrase: `re-point ${moved.join(' ')}`,
			destructive: changes.filter(({from, to: now}) => from !== undefined && from !== now).length,
		};
	},

	async precondition(inputs, context) {
		const {image, to, tags} = inputs;
		for (const tag of tagsToMove(image, to, tags)) {
			const why = whyMoved(tag, await digestNow({...image, tag}, context), context);
			if (why !== undefined) {
				return {kind: 'changed', say: why};
			}
		}

		return stillDamaged(image, inputs, context);
	},

	async run({image, to, tags}, context) {
		const moved = tagsToMove(image, to, tags);
		const {registry, storage} = context.ports;
		const answer = await registry.manifest(to.repository, target(to), context);
		if (answer.state !== 'found') {
			return {outcome: 'rejected', output: {}, say: `${formatReference(to)} is not served: ${answer.detail}`};
		}

		const point = async (lock?: StorageLock): Promise<Result> => {
			const done: string[] = [];
			const rejected = (say: string): Result => ({outcome: 'rejected', output: {}, say: [...done, say].join(' ')});
			let result = rejected('No tag was to be moved.');
			for (const tag of moved) {
				lock?.lost?.throwIfAborted();
				// A tag can move between the gate and now: only what was approved is done.
				const before = await digestNow({...image, tag}, context);
				const why =
					approvedOf(tag, context)?.to === answer.digest
						? whyMoved(tag, before, context)
						: `${formatReference(to)} has moved since you approved it.`;
				if (why !== undefined) {
					return rejected(why);
				}

				const put = await registry.putManifest(image.repository, tag, answer, context);
				if (put.state === 'rejected') {
					return rejected(`The registry rejected it: ${put.detail}`);
				}

				const {repository} = image;
				const stored = [{kind: 'restore-tag' as const, repository, tag, digest: answer.digest}];
				const [problem] = (await readBack(stored, context)).values();
				if (problem !== undefined) {
					return rejected(problem);
				}

				done.push(`${tag} names ${shortDigest(put.digest)} now.`);
				const output = {digest: put.digest, before: before ?? null};
				result = {outcome: 'repointed', output, say: done.join(' ')};
			}

			return result;
		};
		return storage ? withStoreLock(storage, context, point) : point();
	},

	async reconcile({image, to, tags}, context) {
		const wanted = await digestNow(to, context);
		const now = await Promise.all(tagsToMove(image, to, tags).map(tag => digestNow({...image, tag}, context)));
		return wanted !== undefined && now.every(each => each === wanted)
			? {
					kind: 'done',
					outcome: 'repointed',
					output: {digest: wanted, before: null},
					say: now.length === 1 ? 'The tag names the other image.' : 'The tags name the other image.',
				}
			: {kind: 'not-done', say: 'The tag does not name the other image.'};
	},
};

type PointTag = Extract<Change, {kind: 'point-tag'}>;
type Result = ActionResult<OutputValues<'registry.repoint'>>;

function approvedOf(tag: string, {approved}: ActionContext): PointTag | undefined {
	return approved.find((change): change is PointTag => change.kind === 'point-tag' && change.tag === tag);
}

/** Why the tag is not what the gate showed; undefined: it is, or it names the other image already. */
function whyMoved(tag: string, now: Digest | undefined, context: ActionContext): string | undefined {
	const shown = approvedOf(tag, context);
	if (shown === undefined || now === shown.from || now === shown.to) {
		return undefined;
	}

	const before = shown.from === undefined ? 'named nothing' : `named ${shortDigest(shown.from)}`;
	const is = now === undefined ? 'nothing' : shortDigest(now);
	return `${tag} has moved since you approved it: it ${before}, and names ${is} now.`;
}

async function digestNow(reference: ImageReference, {ports, signal}: ActionContext): Promise<Digest | undefined> {
	const answer = await ports.registry.manifest(reference.repository, target(reference), {signal});
	return answer.state === 'found' ? answer.digest : undefined;
}

/** @throws OperatorError repoint.elsewhere */
function tagsToMove(image: ImageReference, to: ImageReference, tags: readonly string[] | null | undefined): string[] {
	if (image.tag === undefined || image.repository !== to.repository || image.host !== to.host) {
		throw new OperatorError('repoint.elsewhere', 'A tag can only be re-pointed within its own repository.', {
			hint: 'Choose a tag of the same repository.',
			exit: 'usage',
		});
	}

	return tags && tags.length > 0 ? [...tags] : [image.tag];
}
