import {OperatorError} from '../../domain/errors.ts';
import {parseReference} from '../../domain/image/reference.ts';
import {sayVerdict} from '../../domain/image/say-verdict.ts';
import type {Depth} from '../../domain/image/verdict.ts';
import {type JsonObject, toJson} from '../../domain/json.ts';
import {walkImage} from '../verify/walk-image.ts';
import type {Action} from './action.ts';
import {registryOutcome} from './outcomes.ts';

/** Walks the image over HTTP, on connections that nothing has used before. */
export const registryVerify: Action = {
	name: 'registry.verify',
	effect: 'read',
	inputs: {
		image: {required: true, about: 'the image reference'},
		depth: {required: false, about: 'head, edge (default) or content'},
	},
	outcomes: {
		intact: 'every part of the image answers',
		broken: 'a part is gone or damaged',
		unknown: 'not everything could be checked',
		absent: 'the registry has no such tag',
		refused: 'the registry or its certificate refuses us',
		unreachable: 'the registry does not answer',
	},
	provides: {
		verdict: 'intact, broken or unknown',
		faults: 'every fault, with what it is below',
		digest: 'what the tag names',
		children: 'one row a child of the index',
		checked: 'how many manifests and blobs were checked',
	},
	bare: ['absent', 'refused', 'unreachable'],
	success: [],
	shows: 'verdict',
	outcomeOf: registryOutcome,

	async run({image, depth}, {ports, signal, progress, log}) {
		const reference = parseReference(String(image));
		const wanted = String(depth ?? 'edge');
		if (!isDepth(wanted)) {
			throw new OperatorError('verify.depth', `"${wanted}" is not a depth: write head, edge or content.`, {
				hint: 'Mend the runbook.',
				exit: 'configuration',
			});
		}

		const registry = ports.registry.fresh();
		try {
			const check = await walkImage(registry, reference, {
				depth: wanted,
				signal,
				onProgress: ({manifests, blobs}) => progress({label: `${manifests} manifests, ${blobs} blobs checked`}),
			});
			log(`${registry.requests()} requests`);
			return {
				outcome: check.verdict,
				output: {digest: null, ...(toJson(check) as JsonObject), requests: registry.requests()},
				say: sayVerdict(check),
			};
		} finally {
			await registry.close();
		}
	},
};

function isDepth(text: string): text is Depth {
	return text === 'head' || text === 'edge' || text === 'content';
}
