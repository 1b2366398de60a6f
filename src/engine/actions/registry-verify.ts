import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {sayVerdict, unanswered} from '../../domain/image/verdict.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {sayKnown} from '../../domain/inventory/say-image.ts';
import type {InventoryReader} from '../ports/inventory.ts';
import {readPast} from '../scan/read-past.ts';
import {createWalker} from '../verify/walk-image.ts';
import {absentOnlyOverHttp} from './absent-on-disk.ts';
import type {ActionNamed} from './action.ts';
import {compareRepaired} from './compare-repaired.ts';
import {refusedOrUnreachable} from './outcomes.ts';
import {findVanished} from './vanished-image.ts';

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
		depth: {
			required: false,
			about: 'head, edge (default), content or unpack; at content, what was rebuilt is also unpacked',
		},
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

	async run({image, depth}, context) {
		const {ports, settings, signal, progress, log} = context;
		const {unpacker} = ports;
		const wanted = depth === 'content' && context.rebuilt ? 'unpack' : depth;
		const walked = wanted === 'unpack' && unpacker === undefined ? 'content' : wanted;
		const registry = ports.registry.fresh();
		try {
			const walker = createWalker(registry, {
				depth: walked,
				platforms: settings.platforms,
				signal,
				...defined({unpacker}),
			});
			const check = await walker.walk(image, {
				onProgress: ({manifests, blobs}) => progress({label: `${manifests} manifests, ${blobs} blobs checked`}),
			});
			const platforms = await walker.platforms(image, check);
			const compared = await compareRepaired(registry, image, {check, platforms}, context);
			log(`${registry.requests()} requests`);
			const {known, problem} = await knownOf(image, check.digest, ports.inventory);
			// The scan says it, once.
			if (problem !== undefined) {
				log(problem);
			}

			return {
				outcome: check.verdict,
				output: {digest: null, ...check, ...compared.output},
				say: [sayVerdict(check, walked), ...compared.say, known].filter(each => each !== undefined).join(' '),
			};
		} catch (error) {
			const {storage} = ports;
			if (!(error instanceof OperatorError) || error.code !== 'image.absent') {
				throw error;
			}

			const {known, problem} = await knownOf(image, undefined, ports.inventory);
			const absent = withMore(error, known ?? problem);
			if (!storage) {
				throw absent;
			}

			log(`${error.message} Looking for it at ${storage.place} …`);
			const reason = await absentOnlyOverHttp(image, {registry, storage, role: settings.role}, {signal});
			const {inventory} = ports;
			const vanished =
				reason === undefined && (await findVanished(image, {storage, inventory, role: settings.role}, {signal}));
			if (vanished && vanished.kind === 'unnamed') {
				throw withMore(absent, vanished.say);
			}

			const why = vanished ? vanished.reason : reason;
			if (why === undefined) {
				throw absent;
			}

			const check = unanswered(image, why);
			return {outcome: check.verdict, output: {digest: null, ...check}, say: why.message};
		} finally {
			await registry.close();
		}
	},
};

/** What the probes saw of the tag, or why that is not known; neither where no inventory is configured. */
async function knownOf(
	{repository, tag}: ImageReference,
	digest: Digest | undefined,
	reader: InventoryReader | undefined,
): Promise<{known?: string; problem?: string}> {
	const {inventory, problem} = (tag === undefined ? undefined : await readPast(reader)) ?? {};
	return {
		...(inventory && tag !== undefined && {known: sayKnown(inventory, {repository, tag, digest})}),
		...(problem !== undefined && {problem: `The inventory cannot be used: ${problem}`}),
	};
}

function withMore(error: OperatorError, more: string | undefined): OperatorError {
	const {code, message, hint, exit} = error;
	return more === undefined ? error : new OperatorError(code, `${message} ${more}`, {hint, exit, cause: error});
}
