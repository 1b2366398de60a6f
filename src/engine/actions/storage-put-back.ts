import {shortDigest} from '../../domain/image/digest.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {storageIn} from './storage-move-aside.ts';
import {withStoreLock} from './store-lock.ts';

/** The way back of `storage.move-aside`: it overwrites nothing. */
export const storagePutBack: ActionNamed<'storage.put-back'> = {
	name: 'storage.put-back',
	parse: inputParser('storage.put-back'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'an image of the registry'},
		digest: {required: true, about: 'the digest whose data lies aside'},
		size: {required: true, about: 'its bytes'},
	},
	outcomes: {
		back: 'the data is where it was',
		kept: 'it was left aside',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {},
	success: ['back'],
	outcomeOf: refusedOrUnreachable,

	async gate({digest, size}, context) {
		return {
			target: storageIn(context).place,
			changes: [{kind: 'put-back', digest, size}],
			undo: 'Move it aside again.',
			phrase: `put ${shortDigest(digest)} back`,
		};
	},

	async precondition({digest}, context) {
		const data = await storageIn(context).aside(context.incident, context);
		const own = data.find(each => each.digest === digest);
		return own === undefined
			? {kind: 'already-whole', say: 'It does not lie aside any more.'}
			: own.isReplaced
				? {kind: 'changed', say: `New data of ${shortDigest(digest)} is in its place, and stays.`}
				: {kind: 'holds'};
	},

	async run({digest}, context) {
		const storage = storageIn(context);
		return withStoreLock(storage, context, async lock => {
			lock.lost?.throwIfAborted();
			const state = await storage.putBack({digest, incident: context.incident}, lock, context);
			return state === 'back'
				? {outcome: 'back', output: {}, say: `The old data of ${shortDigest(digest)} is back in its place.`}
				: {outcome: 'kept', output: {}, say: `The old data of ${shortDigest(digest)} stays aside: ${why[state]}`};
		});
	},

	async reconcile({digest}, context) {
		const data = await storageIn(context).aside(context.incident, context);
		const own = data.find(each => each.digest === digest);
		return own === undefined
			? {kind: 'done', outcome: 'back', output: {}, say: `The old data of ${shortDigest(digest)} lies aside no more.`}
			: own.isReplaced
				? {kind: 'unknown', say: `The old data of ${shortDigest(digest)} lies aside, and there is data in its place.`}
				: {kind: 'not-done', say: `The old data of ${shortDigest(digest)} lies aside.`};
	},
};

const why = {
	taken: 'new data is in its place, and stays.',
	gone: 'it is not where it was moved.',
	unlocked: 'the lock of the store was lost.',
	denied: 'this login may not write there, or the file system has no links.',
} as const;
