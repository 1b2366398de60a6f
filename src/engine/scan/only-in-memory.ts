import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {type HeldInMemory, unlinkedPart} from '../../domain/storage/held-in-memory.ts';
import type {Registry} from '../ports/registry.ts';
import type {Waiting} from '../ports/waiting.ts';

/** So many are enough to keep a restart from being recommended. */
const mostHeld = 10;
/** What is not asked for counts as held: a restart that breaks images is worse than none. */
const mostAsked = 200;

/**
 * Asks the registry for parts whose data is on the disk and whose link is gone. What it serves all the same, it serves from its
 * memory, and no longer after a restart. 2.8 remembers the links of configs and layers; 3.x those of manifests as well.
 */
export async function askForUnlinked(
	registry: Registry,
	findings: readonly Finding[],
	{signal}: Waiting,
): Promise<HeldInMemory[]> {
	const held: HeldInMemory[] = [];
	let asked = 0;
	for (const finding of findings) {
		const part = unlinkedPart(finding);
		if (part === undefined || held.length === mostHeld) {
			continue;
		}

		const {repository, tags} = finding;
		const {digest, role, size = 0} = part;
		try {
			const answer =
				asked++ >= mostAsked
					? undefined
					: role === 'manifest'
						? await registry.manifest(repository, digest, {signal})
						: await registry.blob(repository, {digest, size}, 'edge', {signal});
			if (answer === undefined || answer.state === 'found' || answer.state === 'present') {
				held.push({repository, digest, ...defined({tag: tags[0]})});
			}
		} catch (error) {
			signal.throwIfAborted();
			asOperatorError(error);
			break;
		}
	}

	return held;
}
