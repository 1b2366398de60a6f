import {OperatorError} from '../../domain/errors.ts';
import {parseReference} from '../../domain/image/reference.ts';
import {isObject, type JsonObject} from '../../domain/json.ts';
import {type RelinkStep, relinkSteps} from '../../domain/remedy/relink-steps.ts';
import {relinkCounts, relinkDone, relinkRequest, relinkUndo} from '../../domain/remedy/relink-words.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import type {Action} from './action.ts';
import {letGo} from './let-go.ts';
import {storageOutcome} from './outcomes.ts';
import {bytesGone, performRelink} from './relink-step.ts';
import {isServed, linksOf, stillDone} from './relink-world.ts';

/**
 * Puts back the links of what is still on disk, under the same digests: blobs are mounted or uploaded, manifests and tags PUT.
 * @see reference: PUT recreates the revision link on 2.8
 */
export const registryRelink: Action = {
	name: 'registry.relink',
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		findings: {required: true, about: 'the findings of the scan; those whose plan of a relink is complete are taken'},
	},
	outcomes: {
		relinked: 'everything is served again under its digest',
		rejected: 'the registry did not take one of them, or does not serve it',
		gone: 'the bytes are not on the disk any more',
		refused: 'the registry or the host refuses us',
		unreachable: 'the registry or the host does not answer',
	},
	provides: {relinked: 'the digests and tags that were put back'},
	bare: ['gone', 'refused', 'unreachable'],
	success: ['relinked'],
	outcomeOf: error =>
		error.code === 'relink.gone' || error.code === 'storage.blob-gone' ? 'gone' : storageOutcome(error),

	async gate(inputs) {
		const {host, repository, steps} = planOf(inputs);
		if (steps.length === 0) {
			throw new OperatorError('relink.nothing', 'Nothing that is missing is still on disk.', {
				hint: 'Choose another remedy.',
				exit: 'failed',
			});
		}

		return {
			target: `${host}/${repository}`,
			changes: steps.map(step => relinkRequest(step, repository)),
			undo: relinkUndo(steps),
			phrase: `relink ${relinkCounts(steps)}`,
		};
	},

	async run(inputs, context) {
		const {repository, steps} = planOf(inputs);
		const {storage} = context.ports;
		if (!storage) {
			throw bytesGone('what is missing');
		}

		const done: string[] = [];
		const lock = await storage.lock(context.request, context);

		try {
			const links = await linksOf(steps, repository, context);
			for (const step of steps) {
				lock.lost?.throwIfAborted();
				context.progress({label: 'relinked', done: done.length, total: steps.length});
				if ((await stillDone(step, repository, links, context)) !== 'yes') {
					const answer = await performRelink(step, repository, {storage, lock, links}, context);
					context.log(`${relinkRequest(step, repository)} → ${answer.state} ${answer.detail}`);
					if (answer.state === 'rejected') {
						return {outcome: 'rejected', output: {relinked: done}, say: answer.detail};
					}

					if (!(await isServed(step, repository, context))) {
						return {outcome: 'rejected', output: {relinked: done}, say: sayUnserved(step)};
					}

					await context.record('relinked', {...answer.step}, relinkDone(answer.step, repository));
				}

				done.push(nameOf(step));
			}
		} finally {
			await letGo(lock, context);
		}

		return {outcome: 'relinked', output: {relinked: done}, say: `${relinkCounts(steps)} relinked.`};
	},

	async reconcile(inputs, context) {
		const {repository, steps} = planOf(inputs);
		const links = await linksOf(steps, repository, context);
		const done: string[] = [];
		let isKnown = true;
		for (const step of steps) {
			const answer = await stillDone(step, repository, links, context);
			isKnown &&= answer !== 'unknown';
			if (answer === 'yes') {
				done.push(nameOf(step));
			}
		}

		if (done.length === steps.length) {
			return {
				found: 'done',
				outcome: 'relinked',
				output: {relinked: done},
				say: 'The registry serves every one of them.',
			};
		}

		return isKnown
			? {found: 'not-done', say: `The registry serves ${done.length} of ${steps.length}.`}
			: {found: 'unknown', say: 'The disk could not be read: nobody knows which links are there.'};
	},
};

/** Only of the image's own repository, whatever else the findings are of. */
function planOf({image, findings}: JsonObject): {host: string; repository: string; steps: RelinkStep[]} {
	const {host, repository} = parseReference(String(image));
	const all = (Array.isArray(findings) ? findings.filter(isObject) : []) as unknown as Finding[];
	return {host, repository, steps: relinkSteps(all.filter(finding => finding.repository === repository))};
}

function nameOf(step: RelinkStep): string {
	return step.do === 'retag' ? step.tag : step.digest;
}

function sayUnserved(step: RelinkStep): string {
	return `The registry took ${nameOf(step)} and does not serve it: it answers from memory. Restart it, then relink again.`;
}
