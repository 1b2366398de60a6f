import {OperatorError} from '../../domain/errors.ts';
import {shortDigest} from '../../domain/image/digest.ts';
import {formatReference, type ImageReference, parseReference, target} from '../../domain/image/reference.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {Action, ActionContext} from './action.ts';
import {letGo} from './let-go.ts';
import {registryOutcome} from './outcomes.ts';

/** Lets the tag name another, intact image of the same repository. Nothing is uploaded. */
export const registryRepoint: Action = {
	name: 'registry.repoint',
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference with the tag to move'},
		to: {required: true, about: 'an intact image of the same repository'},
	},
	outcomes: {
		repointed: 'the tag names the other image',
		rejected: 'the registry did not take it',
		refused: 'the registry refuses us',
		unreachable: 'the registry does not answer',
	},
	provides: {digest: 'what the tag names now', before: 'what it named before'},
	bare: ['rejected', 'refused', 'unreachable'],
	success: ['repointed'],
	outcomeOf: error => (error.code === 'image.absent' ? 'rejected' : registryOutcome(error)),

	async gate({image, to}, context) {
		const {from, other} = pair(image, to);
		const check = await walkImage(context.ports.registry, other, {depth: 'edge', signal: context.signal});
		if (check.verdict !== 'intact') {
			throw new OperatorError(
				'repoint.not-intact',
				`${formatReference(other)} is ${check.verdict}: the tag must not name it.`,
				{hint: 'Choose another remedy.', exit: 'failed'},
			);
		}

		const before = await digestNow(from, context);
		return {
			target: formatReference(from),
			changes: [`names ${check.digest} (${formatReference(other)}) instead of ${before ?? 'what it names now'}`],
			undo: `PUT the manifest of ${before ?? 'the old digest'} under the tag again.`,
			phrase: `re-point ${from.tag}`,
		};
	},

	async run({image, to}, context) {
		const {from, other} = pair(image, to);
		const {registry, storage} = context.ports;
		const before = await digestNow(from, context);
		const answer = await registry.manifest(other.repository, target(other), context);
		if (answer.state !== 'found') {
			return {outcome: 'rejected', output: {}, say: `${formatReference(other)} does not answer: ${answer.detail}`};
		}

		// Approved was what the gate showed, and a tag can move meanwhile.
		if (context.approved && !context.approved.some(change => change.includes(answer.digest))) {
			return {
				outcome: 'rejected',
				output: {},
				say: `${formatReference(other)} names something else since it was shown.`,
			};
		}

		const lock = await storage?.lock(context.request, context);
		try {
			lock?.lost?.throwIfAborted();
			const put = await registry.putManifest(from.repository, from.tag!, answer, context);
			return put.state === 'rejected'
				? {outcome: 'rejected', output: {}, say: `The registry did not take it: ${put.detail}`}
				: {
						outcome: 'repointed',
						output: {digest: put.digest, before: before ?? null},
						say: `${from.tag} names ${shortDigest(put.digest)} now.`,
					};
		} finally {
			await letGo(lock, context);
		}
	},

	async reconcile({image, to}, context) {
		const {from, other} = pair(image, to);
		const [now, wanted] = [await digestNow(from, context), await digestNow(other, context)];
		return now !== undefined && now === wanted
			? {
					found: 'done',
					outcome: 'repointed',
					output: {digest: now, before: null},
					say: 'The tag names the other image.',
				}
			: {found: 'not-done', say: 'The tag does not name the other image.'};
	},
};

async function digestNow(reference: ImageReference, {ports, signal}: ActionContext): Promise<string | undefined> {
	const answer = await ports.registry.manifest(reference.repository, target(reference), {signal});
	return answer.state === 'found' ? answer.digest : undefined;
}

function pair(image: unknown, to: unknown): {from: ImageReference; other: ImageReference} {
	const [from, other] = [parseReference(String(image)), parseReference(String(to))];
	if (from.tag === undefined || from.repository !== other.repository || from.host !== other.host) {
		throw new OperatorError('repoint.elsewhere', 'A tag can only be re-pointed within its own repository.', {
			hint: 'Choose a tag of the same repository.',
			exit: 'usage',
		});
	}

	return {from, other};
}
