import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import type {StorageLock} from '../ports/storage.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {readBack} from './read-back.ts';
import {withStoreLock} from './store-lock.ts';

/** Points the tag at another, intact image of the same repository. Nothing is uploaded. */
export const registryRepoint: ActionNamed<'registry.repoint'> = {
	name: 'registry.repoint',
	parse: inputParser('registry.repoint'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference with the tag to move'},
		to: {required: true, about: 'an intact image of the same repository'},
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

	async gate({image, to}, context) {
		const tag = tagToMove(image, to);
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

		const before = await digestNow(image, context);
		return {
			target: formatReference(image),
			changes: [
				{
					kind: 'point-tag',
					repository: image.repository,
					tag,
					image: formatReference(to),
					to: check.digest,
					...defined({from: before}),
				},
			],
			undo: `PUT the manifest of ${before ?? 'the old digest'} under the tag again.`,
			phrase: `re-point ${tag}`,
		};
	},

	async run({image, to}, context) {
		const tag = tagToMove(image, to);
		const {registry, storage} = context.ports;
		const before = await digestNow(image, context);
		const answer = await registry.manifest(to.repository, target(to), context);
		if (answer.state !== 'found') {
			return {outcome: 'rejected', output: {}, say: `${formatReference(to)} is not served: ${answer.detail}`};
		}

		// A tag can move between the gate and now: only what was approved is done.
		const isApproved = context.approved.some(
			change =>
				change.kind === 'point-tag' &&
				change.repository === image.repository &&
				change.tag === tag &&
				change.to === answer.digest,
		);
		if (!isApproved) {
			return {outcome: 'rejected', output: {}, say: `${formatReference(to)} has moved since you approved it.`};
		}

		const point = async (lock?: StorageLock): Promise<ActionResult<OutputValues<'registry.repoint'>>> => {
			lock?.lost?.throwIfAborted();
			const put = await registry.putManifest(image.repository, tag, answer, context);
			if (put.state === 'rejected') {
				return {outcome: 'rejected', output: {}, say: `The registry rejected it: ${put.detail}`};
			}

			const {repository} = image;
			const [problem] = (
				await readBack([{kind: 'restore-tag', repository, tag, digest: answer.digest}], context)
			).values();
			return problem === undefined
				? {
						outcome: 'repointed',
						output: {digest: put.digest, before: before ?? null},
						say: `${tag} names ${shortDigest(put.digest)} now.`,
					}
				: {outcome: 'rejected', output: {}, say: problem};
		};
		return storage ? withStoreLock(storage, context, point) : point();
	},

	async reconcile({image, to}, context) {
		const [now, wanted] = [await digestNow(image, context), await digestNow(to, context)];
		return now !== undefined && now === wanted
			? {
					kind: 'done',
					outcome: 'repointed',
					output: {digest: now, before: null},
					say: 'The tag names the other image.',
				}
			: {kind: 'not-done', say: 'The tag does not name the other image.'};
	},
};

async function digestNow(reference: ImageReference, {ports, signal}: ActionContext): Promise<Digest | undefined> {
	const answer = await ports.registry.manifest(reference.repository, target(reference), {signal});
	return answer.state === 'found' ? answer.digest : undefined;
}

/** @throws OperatorError repoint.elsewhere */
function tagToMove(image: ImageReference, to: ImageReference): string {
	if (image.tag === undefined || image.repository !== to.repository || image.host !== to.host) {
		throw new OperatorError('repoint.elsewhere', 'A tag can only be re-pointed within its own repository.', {
			hint: 'Choose a tag of the same repository.',
			exit: 'usage',
		});
	}

	return image.tag;
}
