import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import {type InputsOf, inputParser} from '../../domain/incident/inputs.ts';
import {redisCommands, redisLines} from '../../domain/remedy/redis-keys.ts';
import {blobData} from '../../domain/storage/listing/paths.ts';
import type {MovedAside, Storage} from '../ports/storage.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {withStoreLock} from './store-lock.ts';

/**
 * Moves bad data out of the registry's way: it never overwrites a blob that it has, so that every push of it is lost.
 * @see distribution v2.8.3 registry/storage/blobwriter.go, moveBlob
 */
export const storageMoveAside: ActionNamed<'storage.move-aside'> = {
	name: 'storage.move-aside',
	parse: inputParser('storage.move-aside'),
	effect: 'write',
	inputs: {
		image: {required: true, about: 'one of the images that use the data'},
		digest: {required: true, about: 'the digest that the data should have'},
		size: {required: true, about: 'bytes on the disk'},
		images: {required: true, about: 'all images that use the data'},
		forgetIn: {required: false, about: 'where the cache of the registry is in Redis: the repositories whose keys go'},
	},
	outcomes: {
		moved: 'the data is out of the way, and nothing was deleted',
		kept: 'the data was left where it is',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {to: 'the path of the data now'},
	bare: ['kept', 'refused', 'unreachable'],
	success: ['moved'],
	outcomeOf: refusedOrUnreachable,

	async gate({digest, size, images, forgetIn}, context) {
		const storage = storageIn(context);
		const state = (await storage.recheck([blobData(digest)], context)).get(blobData(digest));
		if (state?.state !== 'there' || state.is !== undefined || state.size !== size) {
			throw new OperatorError('aside.changed', `The data of ${shortDigest(digest)} is not what the scan found.`, {
				hint: 'Find all damage again.',
				exit: 'failed',
			});
		}

		return {
			target: storage.place,
			changes: [
				{kind: 'move-aside', digest, size, images},
				...(forgetIn
					? [
							{
								kind: 'forget-cached' as const,
								digest,
								repositories: forgetIn,
								...defined({command: storage.redisCommand}),
							},
						]
					: []),
			],
			undo: 'regmedic puts it back (put-back, in the next plan), as long as nothing new lies in its place. It is never deleted.',
			phrase: `move ${shortDigest(digest)} aside`,
		};
	},

	async precondition({digest}, context) {
		const [answer] = await storageIn(context).hash([digest], context);
		switch (answer?.state) {
			case 'differs':
				return {kind: 'holds'};
			case 'same':
				return {kind: 'already-whole', say: `The data of ${shortDigest(digest)} is whole now.`};
			case 'gone':
				return {kind: 'already-whole', say: `The data of ${shortDigest(digest)} is not there any more.`};
			default:
				return {kind: 'unknown', say: sayKept('unread', digest)};
		}
	},

	async run({digest, size, forgetIn}, context) {
		const storage = storageIn(context);
		return withStoreLock(storage, context, async lock => {
			lock.lost?.throwIfAborted();
			const moved = await storage.moveAside({digest, incident: context.incident}, lock, context);
			if (moved.state !== 'moved') {
				const say = sayKept(moved.state, digest);
				return {
					outcome: 'kept',
					output: {},
					say,
					problem: {code: 'aside.kept', message: say, hint: hintFor(moved.state, storage)},
				};
			}

			await context.record('moved-aside', {digest, size, to: moved.to}, sayMoved(digest, moved.to));
			await forget({digest, repositories: forgetIn ?? []}, storage, context);
			return {outcome: 'moved', output: {to: moved.to}, say: sayMoved(digest, moved.to)};
		});
	},

	async reconcile({digest, forgetIn}, context) {
		const storage = storageIn(context);
		const aside = (await storage.aside(context.incident, context)).find(each => each.digest === digest);
		const state = (await storage.recheck([blobData(digest)], context)).get(blobData(digest))?.state ?? 'unread';
		if (state === 'there' && aside === undefined) {
			return {kind: 'not-done', say: `The data of ${shortDigest(digest)} is where it was.`};
		}

		const remembered = await rememberedIn(digest, forgetIn ?? [], context);
		if (state === 'gone' && remembered.length > 0) {
			const lines = redisCommands(remembered.map(repository => ({repository, digest})));
			return {
				kind: 'unknown',
				say: `The data was moved, and the registry still has it in Redis. Run this, then look again: ${lines.join('; ')}`,
			};
		}

		return aside !== undefined && state === 'gone'
			? {
					kind: 'done',
					outcome: 'moved',
					output: {to: `regmedic-aside/${context.incident}`},
					say: sayMoved(digest, `regmedic-aside/${context.incident}`),
				}
			: {
					kind: 'unknown',
					say: `Look at ${blobData(digest)} and at regmedic-aside/${context.incident} in the storage folder.`,
				};
	},
};

/**
 * Has the registry forget it in Redis, by the configured command; without one a person does it, and the item waits.
 * @throws OperatorError effect.unknown: the registry still remembers it
 */
async function forget(
	{digest, repositories}: {digest: Digest; repositories: readonly string[]},
	storage: Storage,
	context: ActionContext,
): Promise<void> {
	if (repositories.length > 0 && storage.redisCommand !== undefined) {
		const {output} = await storage.forget(redisLines(repositories.map(repository => ({repository, digest}))), context);
		context.log(output);
	}

	// What the command said is no proof; redis-cli ends with 0 whatever happens.
	const remembered = await rememberedIn(digest, repositories, context);
	if (remembered.length > 0) {
		throw new OperatorError('effect.unknown', `The registry still has ${shortDigest(digest)} in Redis.`, {
			hint: 'Delete its keys there, then look again.',
			exit: 'indeterminate',
		});
	}
}

/** Where the registry still answers that it has a blob whose data is gone. */
async function rememberedIn(
	digest: Digest,
	repositories: readonly string[],
	{ports, signal}: ActionContext,
): Promise<string[]> {
	const registry = ports.registry.fresh();
	try {
		const answers = await Promise.all(
			repositories.map(each => registry.blob(each, {digest, size: 1, mediaType: ''}, 'head', {signal})),
		);
		return repositories.filter((_, at) => answers[at]!.state !== 'missing');
	} finally {
		await registry.close();
	}
}

export function storageIn({ports: {storage, registry}}: ActionContext): Storage {
	if (storage === undefined) {
		throw new OperatorError('aside.no-storage', `The configuration has no storage for ${registry.host}.`, {
			hint: 'Add registries.….storage: {ssh: HOST, root: DIR}.',
			exit: 'configuration',
		});
	}

	return storage;
}

type Kept = Exclude<MovedAside['state'], 'moved'>;

function sayKept(state: Kept, digest: InputsOf<'storage.move-aside'>['digest']): string {
	const data = `The data of ${shortDigest(digest)}`;
	switch (state) {
		case 'gone':
			return `${data} is not there any more.`;
		case 'whole':
			return `${data} is whole: it was not moved.`;
		case 'unread':
			return `${data} could not be read twice alike. A read error is no proof that the data is bad: it was not moved.`;
		case 'strange':
			return `${data} is no plain file: it was not moved.`;
		case 'unlocked':
			return `The lock of the store was lost: ${shortDigest(digest)} was not moved.`;
		case 'denied':
			return `${data} was not moved: this login may not write there.`;
		case 'elsewhere':
			return `${data} was not moved: the folder beside docker/ is on another file system.`;
	}
}

function hintFor(state: Kept, {place}: Storage): string {
	switch (state) {
		case 'unread':
			return 'Check the disk of that host (dmesg) and the permissions of the file, then look again.';
		case 'unlocked':
			return 'Somebody else may change the store now. Find all damage again.';
		case 'denied':
			return `Log in to ${place.split(':')[0]} as the registry’s own user or as root, or move it by hand (the runbook, "Move bad data aside").`;
		case 'elsewhere':
			return 'Move it by hand, on its own file system (the runbook, "Move bad data aside").';
		default:
			return 'Find all damage again.';
	}
}

function sayMoved(digest: InputsOf<'storage.move-aside'>['digest'], to: string): string {
	return `The bad data of ${shortDigest(digest)} lies aside: ${to}.`;
}
