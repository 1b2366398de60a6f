import {defined} from '../../domain/defined.ts';
import {formatReference} from '../../domain/image/reference.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {partsGone, redisCommands} from '../../domain/remedy/redis-keys.ts';
import {otherOrphans} from '../../domain/storage/findings/assess.ts';
import {damagesImage, type Finding, type Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {hintForDifference} from '../../domain/storage/say-difference.ts';
import {count} from '../../domain/text/wording.ts';
import {scanStore} from '../scan/scan-store.ts';
import {readMemory, sayMemory} from '../scan/stale-memory.ts';
import type {ActionNamed} from './action.ts';
import {compareRegistry} from './compare-registry.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Reads the registry's disk: what is gone, which other images that breaks, what can be restored. Never writes. */
export const storageScan: ActionNamed<'storage.scan'> = {
	name: 'storage.scan',
	parse: inputParser('storage.scan'),
	effect: 'read',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {
		found: 'the disk shows damage to this image',
		clean: 'the disk holds every part of this image',
		incomplete: 'not everything could be read',
		unavailable: 'no storage is configured for this registry',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {
		findings: 'the damage to this image',
		others: 'the damage to other images',
		sibling: 'another tag of the repository that is complete on the disk',
		complete: 'whether the whole tree was read',
		counts: 'the repositories, tags, indexes, links and blobs in the store',
		gaps: 'what could not be read',
		memory: 'whether the registry answered for what its disk lacks',
		cache: 'where the registry caches descriptors: inmemory, redis, none, unknown',
	},
	bare: ['unavailable', 'refused', 'unreachable'],
	success: [],
	shows: 'cause',
	outcomeOf: refusedOrUnreachable,

	async run({image}, {ports, settings, signal, progress, log}) {
		const {host, repository, tag, digest} = image;
		const {storage} = ports;
		if (!storage) {
			return {outcome: 'unavailable', output: {}, say: 'No storage is configured for this registry.'};
		}

		log(`Reading ${storage.place} …`);
		const read = await scanStore(storage, {
			role: settings.role,
			signal,
			onProgress: progress,
			...(digest === undefined ? {} : {asked: {repository, digest}}),
		});
		progress({label: 'comparing the registry with the disk'});
		const registry = ports.registry.fresh();
		const {scan, another} = await compareRegistry(read, {storage, registry, role: settings.role}, {signal}).finally(
			() => registry.close(),
		);
		const findings = scan.findings.filter(finding => damagesImage(finding, image));
		// Only this image may be relinked here; the others get their own scan, with their own relink plans.
		const others = otherOrphans(scan, image).map(({plan: _, ...finding}): Finding => finding);
		const sibling =
			tag === undefined || another !== undefined ? undefined : siblingsOf(read.listing, scan, repository, tag)[0];

		for (const {kind, repository: where, tags, digest: of = ''} of scan.findings) {
			log(`${kind} ${where} ${tags.join(',')} ${of}`);
		}

		for (const {kind, repository: where = 'no repository', digest: of, detail} of scan.risks ?? []) {
			log(`risk: ${kind} ${where} ${of}: ${detail}`);
		}

		const memory =
			another === undefined
				? await readMemory({findings, listing: read.listing, role: settings.role}, {...ports, storage}, {signal})
				: {};
		for (const command of memory.cache === 'redis' ? redisCommands(partsGone(findings)) : []) {
			log(`to forget it: ${command}`);
		}

		const output = {
			...memory,
			findings,
			others,
			sibling: sibling === undefined ? null : formatReference({host, repository, tag: sibling}),
			complete: scan.complete,
			gaps: scan.gaps,
			counts: scan.counts,
			...defined({another}),
		};
		const outcome = !scan.complete ? 'incomplete' : findings.length > 0 ? 'found' : 'clean';
		const said = sayScan({outcome, findings, others, gaps: scan.gaps.length, ...defined({another})});
		return {outcome, output, say: `${said}${sayMemory(memory)}`};
	},
};

type Summary = {outcome: string; findings: Finding[]; others: Finding[]; gaps: number; another?: string};

/** What was not read may be what is missing: an incomplete scan never says that the disk holds every part. */
function sayScan({outcome, findings, others, gaps, another}: Summary): string {
	if (another !== undefined) {
		return `${another} Nothing on this disk is about this image. ${hintForDifference}`;
	}

	const isWhole = outcome !== 'incomplete';
	const kinds = [...new Set(findings.map(({kind}) => kind))].map(
		kind => `${findings.filter(finding => finding.kind === kind).length} ${kind}`,
	);
	const mine =
		findings.length > 0
			? `this image: ${kinds.join(', ')}`
			: isWhole
				? 'the disk holds every part of this image, each with the right size (their bytes were not hashed)'
				: 'no damage to this image was found in what was read';
	const rest =
		others.length > 0
			? `${count(others.length, 'finding')} on other images`
			: isWhole
				? 'no other image is damaged'
				: 'none to other images';
	return isWhole
		? `On disk, ${mine}; ${rest}.`
		: `Not everything could be read (${count(gaps, 'gap')}). So far, ${mine}; ${rest}.`;
}

/** Tags of the same repository that name another, undamaged image: the most recently written first. */
function siblingsOf(listing: StorageListing, scan: Scan, repository: string, tag: string): string[] {
	const tags =
		listing.repositories.get(repository)?.tags ?? new Map<string, {link?: {changed: number; content?: string}}>();
	const broken = new Set(
		scan.findings.filter(finding => finding.repository === repository).flatMap(finding => finding.tags),
	);
	const own = tags.get(tag)?.link?.content;

	return [...tags]
		.filter(
			([name, {link}]) => name !== tag && !broken.has(name) && link?.content !== undefined && link.content !== own,
		)
		.sort(([, a], [, b]) => (b.link?.changed ?? 0) - (a.link?.changed ?? 0))
		.map(([name]) => name);
}
