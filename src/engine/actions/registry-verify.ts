import {OperatorError} from '../../domain/errors.ts';
import {sayVerdict, unanswered} from '../../domain/image/verdict.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {walkImage} from '../verify/walk-image.ts';
import {absentOnlyOverHttp} from './absent-on-disk.ts';
import type {ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/**
 * Walks the image over HTTP, on new connections. An image that the registry does not have is looked for on its disk: unless
 * the disk lacks it too, the image is unknown and not absent.
 */
export const registryVerify: ActionNamed<'registry.verify'> = {
	name: 'registry.verify',
	parse: inputParser('registry.verify'),
	effect: 'read',
	inputs: {
		image: {required: true, about: 'the image reference'},
		depth: {required: false, about: 'head, edge (default) or content'},
	},
	outcomes: {
		intact: 'every part of the image exists',
		broken: 'a part is missing or damaged',
		unknown: 'not everything could be checked',
		absent: 'the registry has no such tag',
		refused: 'the registry refused the request, or its certificate is not trusted',
		unreachable: 'the registry does not respond',
	},
	provides: {
		verdict: 'intact, broken or unknown',
		faults: 'every fault, with the manifests above it',
		digest: 'the digest that the tag names',
		children: 'one row for each child of the index',
		checked: 'how many manifests and blobs were checked',
	},
	bare: ['absent', 'refused', 'unreachable'],
	success: [],
	shows: 'verdict',
	outcomeOf: error => (error.code === 'image.absent' ? 'absent' : refusedOrUnreachable(error)),

	async run({image, depth}, {ports, settings, signal, progress, log}) {
		const registry = ports.registry.fresh();
		try {
			const check = await walkImage(registry, image, {
				depth,
				platforms: settings.platforms,
				signal,
				onProgress: ({manifests, blobs}) => progress({label: `${manifests} manifests, ${blobs} blobs checked`}),
			});
			log(`${registry.requests()} requests`);
			return {
				outcome: check.verdict,
				output: {digest: null, ...check},
				say: sayVerdict(check, depth),
			};
		} catch (error) {
			const {storage} = ports;
			if (!(error instanceof OperatorError) || error.code !== 'image.absent' || !storage) {
				throw error;
			}

			log(`${error.message} Looking for it at ${storage.place} …`);
			const reason = await absentOnlyOverHttp(image, {registry, storage, role: settings.role}, {signal});
			if (reason === undefined) {
				throw error;
			}

			const check = unanswered(image, reason);
			return {outcome: check.verdict, output: {digest: null, ...check}, say: reason.message};
		} finally {
			await registry.close();
		}
	},
};
