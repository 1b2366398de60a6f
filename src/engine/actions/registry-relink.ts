import {type Digest, parseDigest, shortDigest} from '../../domain/digest.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Finding} from '../../domain/finding.ts';
import {isObject, type JsonObject} from '../../domain/json.ts';
import {parseManifest} from '../../domain/manifest.ts';
import {parseReference} from '../../domain/reference.ts';
import {canRelink} from '../../domain/remedy/advice.ts';
import {count} from '../../domain/wording.ts';
import type {Action, ActionContext} from '../action.ts';
import {letGo} from './let-go.ts';
import {storageOutcome} from './outcomes.ts';

/** Puts back manifests whose bytes are still on disk, under the same digest. @see reference: PUT recreates the revision link on 2.8 */
export const registryRelink: Action = {
	name: 'registry.relink',
	effect: 'write',
	inputs: {
		image: {required: true, about: 'the image reference'},
		findings: {required: true, about: 'the findings of the scan; manifests that lost their link are taken'},
	},
	outcomes: {
		relinked: 'every manifest is served again under its digest',
		rejected: 'the registry did not take one of them',
		gone: 'the bytes are not on the disk any more',
		refused: 'the registry or the host refuses us',
		unreachable: 'the registry or the host does not answer',
	},
	provides: {relinked: 'the digests that were put back'},
	bare: ['gone', 'refused', 'unreachable'],
	success: ['relinked'],
	outcomeOf: error => (error.code === 'relink.gone' ? 'gone' : storageOutcome(error)),

	async gate({image, findings}) {
		const digests = digestsOf(findings);
		if (digests.length === 0) {
			throw new OperatorError('relink.nothing', 'Nothing that is missing is still on disk.', {
				hint: 'Choose another remedy.',
				exit: 'failed',
			});
		}

		return {
			target: `${parseReference(String(image)).host}/${parseReference(String(image)).repository}`,
			changes: digests.map(
				digest =>
					`PUT /v2/${parseReference(String(image)).repository}/manifests/${digest}: the exact bytes from the disk`,
			),
			undo: 'DELETE the same digests; the state before is the broken one.',
			phrase: `relink ${count(digests.length, 'manifest')}`,
		};
	},

	async run({image, findings}, context) {
		const {repository} = parseReference(String(image));
		const {registry, storage} = context.ports;
		if (!storage) {
			throw gone('what is missing');
		}

		const digests = digestsOf(findings);
		const done: Digest[] = [];
		const lock = await storage.lock(context.request, context);

		try {
			for (const digest of digests) {
				lock.lost?.throwIfAborted();
				context.progress({label: 'manifests relinked', done: done.length, total: digests.length});
				if (!(await isServed(repository, digest, context))) {
					const manifest = await readManifest(digest, context);
					const answer = await registry.putManifest(repository, digest, manifest, context);
					context.log(`PUT ${repository} ${digest}: ${answer.state} ${answer.status}`);
					if (answer.state === 'rejected') {
						return {
							outcome: 'rejected',
							output: {relinked: done},
							say: `The registry did not take ${shortDigest(digest)}: ${answer.detail}`,
						};
					}

					await context.record('relinked', {digest}, `${shortDigest(digest)} is linked again.`);
				}

				done.push(digest);
			}
		} finally {
			await letGo(lock, context);
		}

		return {
			outcome: 'relinked',
			output: {relinked: done},
			say: `${count(done.length, 'manifest')} relinked.`,
		};
	},

	async reconcile({image, findings}, context) {
		const {repository} = parseReference(String(image));
		const digests = digestsOf(findings);
		const served: Digest[] = [];
		for (const digest of digests) {
			if (await isServed(repository, digest, context)) {
				served.push(digest);
			}
		}

		return served.length === digests.length
			? {found: 'done', outcome: 'relinked', output: {relinked: served}, say: 'The registry serves every one of them.'}
			: {found: 'not-done', say: `The registry serves ${served.length} of ${digests.length}.`};
	},
};

async function isServed(repository: string, digest: Digest, {ports, signal}: ActionContext): Promise<boolean> {
	const answer = await ports.registry.manifest(repository, digest, {signal});
	return answer.state === 'found' && answer.digest === digest;
}

async function readManifest(
	digest: Digest,
	{ports, signal}: ActionContext,
): Promise<{bytes: Uint8Array; mediaType: string}> {
	const bytes = await ports.storage!.readBlob(digest, {signal});
	const parsed = bytes && parseManifest(new TextDecoder().decode(bytes));
	if (!bytes || !parsed?.ok) {
		throw gone(shortDigest(digest));
	}

	return {bytes, mediaType: parsed.manifest.mediaType};
}

function gone(what: string): OperatorError {
	return new OperatorError('relink.gone', `The bytes of ${what} are not on the disk any more.`, {
		hint: 'Scan again, then rebuild.',
		exit: 'failed',
	});
}

/** Leaves first: an index is only taken when its children are there. */
function digestsOf(findings: JsonObject[string] | undefined): Digest[] {
	const relinks = (Array.isArray(findings) ? findings.filter(isObject) : []) as unknown as Finding[];
	const manifests = relinks.filter(canRelink);
	return [...new Set(manifests.sort((a, b) => b.via.length - a.via.length).map(({digest}) => parseDigest(digest!)))];
}
