import {damageToImage} from '../../domain/damage/damage-to-image.ts';
import {defined} from '../../domain/defined.ts';
import {sayHoldWhole} from '../../domain/hold/say-hold.ts';
import {formatReference, type ImageReference} from '../../domain/image/reference.ts';
import type {RegistryRole} from '../../domain/image/verdict.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import type {SiblingOption} from '../../domain/incident/schemas.ts';
import {namedBy} from '../../domain/inventory/history.ts';
import type {InventoryEntry} from '../../domain/inventory/inventory.ts';
import {type Past, shortened, type UnusablePast} from '../../domain/inventory/past.ts';
import {sumUpPast} from '../../domain/inventory/say-past.ts';
import {partsGone, redisCommands} from '../../domain/remedy/redis-keys.ts';
import {sayAge, saySibling, siblingName} from '../../domain/remedy/say-sibling.ts';
import type {Sibling} from '../../domain/remedy/siblings.ts';
import {otherOrphans} from '../../domain/storage/findings/assess.ts';
import {damagesImage, type Finding, type Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import {sayRestore} from '../../domain/storage/restore.ts';
import {hintForDifference} from '../../domain/storage/say-difference.ts';
import {count} from '../../domain/text/wording.ts';
import {copyBackOutlookOf} from '../copy-back/outlooks.ts';
import {scanBetweenLooks} from '../scan/between-looks.ts';
import {findSiblings} from '../scan/find-siblings.ts';
import {type ReadPast, readPast} from '../scan/read-past.ts';
import {scanStore} from '../scan/scan-store.ts';
import {readMemory, sayMemory} from '../scan/stale-memory.ts';
import {readingHostOnce, tellCache} from '../scan/tell-cache.ts';
import type {ActionNamed} from './action.ts';
import {compareRegistry} from './compare-registry.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** Of one tag. */
const mostNamed = 10;

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
		unavailable: 'no storage is configured for this registry, or it is the disk of an object store',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {
		findings: 'the damage to this image',
		others: 'the damage to other images',
		sibling: 'the first of the siblings',
		siblings: 'the images of the repository that the tag can be pointed to, with age, digest and platforms',
		leftovers: 'how many damaged images no tag names',
		complete: 'whether the whole tree was read',
		damaged: 'this image as one of the damaged images, with all of its tags',
		copyBack: 'whether the configured sources hold what the disk has lost',
		counts: 'the repositories, tags, indexes, links and blobs in the store',
		gaps: 'what could not be read',
		memory: 'whether the registry answered for what its disk lacks',
		suspicion: 'what the age of the registry’s process and the times on the disk say of its memory',
		held: 'parts that the registry serves from memory although the disk lacks their link',
		inventory: 'what the probes saw and the disk does not show any more',
		named: 'what the tag has named, as the probes saw it',
		hold: 'what cleans the store now, and what will next',
		provisional: 'whether a cleaner ran while the disk was read',
		restore: 'what the times of many repositories at once say of a restore',
		cache: 'where the registry caches descriptors: inmemory, redis, none, unknown',
	},
	bare: ['unavailable', 'refused', 'unreachable'],
	success: [],
	shows: 'cause',
	outcomeOf: error => (error.code === 'storage.object-store' ? 'unavailable' : refusedOrUnreachable(error)),

	async run({image}, {ports, settings, signal, progress, log}) {
		const {host, repository, tag, digest} = image;
		if (!ports.storage) {
			return {outcome: 'unavailable', output: {}, say: 'No storage is configured for this registry.'};
		}

		const storage = readingHostOnce(ports.storage);
		const past = await readPast(ports.inventory);
		log(`Reading ${storage.place} …`);
		const now = () => ports.clock.now().getTime();
		const scanNow = () =>
			scanStore(storage, {
				role: settings.role,
				platforms: settings.platforms,
				signal,
				onProgress: progress,
				...defined({inventory: past?.inventory}),
				...(digest === undefined ? {} : {asked: {repository, digest, ...defined({tag})}}),
			});
		const compare = async (between: Awaited<ReturnType<typeof scanNow>>) => {
			const told = await tellCache(between, {storage, role: settings.role, signal});
			progress({label: 'comparing the registry with the disk'});
			const registry = ports.registry.fresh();
			const {role} = told;
			const compared = await compareRegistry(told, {storage, registry, role}, {signal}).finally(() => registry.close());
			return {...told, ...compared};
		};
		const {role, scan, another, ...read} = await scanBetweenLooks(storage, {now, host, signal}, scanNow, compare);
		const findings = scan.findings.filter(finding => damagesImage(finding, image));
		// Only this image may be relinked here; the others get their own scan, with their own relink plans.
		const ofOthers = otherOrphans(scan, image);
		const others = ofOthers.map(({plan: _, ...finding}): Finding => finding);
		const siblings =
			tag === undefined || another !== undefined
				? []
				: await findSiblings(storage, {listing: read.listing, scan, repository, tag}, {signal});
		const options = siblings.map(sibling => optionOf(sibling, {host, repository}));
		const leftovers = scan.leftovers?.images ?? 0;
		const damaged = damageToImage(image, findings, read.listing);
		const copyBack =
			another === undefined ? await copyBackOutlookOf(damaged, findings, {...ports, storage, past, signal}) : undefined;

		for (const line of scan.hold === undefined ? [] : sayHoldWhole(scan.hold, now())) {
			log(line);
		}

		for (const {kind, repository: where, tags, digest: of = '', detail, aside = []} of scan.findings) {
			log(`${kind} ${where || '(no repository)'} ${tags.join(',')} ${of}: ${detail}`);
			for (const {path} of aside) {
				log(`  to be moved aside first: ${path}`);
			}
		}

		for (const {reference, title, status} of options) {
			log(`sibling: ${reference}: ${title} (${status})`);
		}

		if (leftovers > 0) {
			log(`${count(leftovers, 'damaged image')} without a tag: left over, and not counted as damage.`);
		}

		for (const {kind, repository: where = 'no repository', digest: of, detail} of scan.risks ?? []) {
			log(`risk: ${kind} ${where} ${of}: ${detail}`);
		}

		const memory =
			another === undefined
				? await readMemory({findings, others: ofOthers, listing: read.listing, role}, {...ports, storage}, {signal})
				: {};
		for (const command of memory.cache === 'redis' ? redisCommands(partsGone(findings)) : []) {
			log(`to forget it: ${command}`);
		}

		// What the times of a restore would say of a memory is not so.
		const {suspicion, ...known} = memory;
		const {restore} = another === undefined ? scan : {};
		const isRestore = restore !== undefined && memory.memory?.kind !== 'proven';
		const told = isRestore ? known : memory;
		const output = {
			...told,
			...defined({restore}),
			findings,
			others,
			sibling: options[0]?.reference ?? null,
			siblings: options,
			leftovers,
			...defined({damaged, copyBack}),
			complete: scan.complete,
			gaps: scan.gaps,
			counts: scan.counts,
			...defined({another, hold: scan.hold, provisional: scan.provisional}),
			...(another === undefined && inventoryOutput(past, {listing: read.listing, image, role: settings.role})),
		};
		const outcome = !scan.complete ? 'incomplete' : findings.length > 0 ? 'found' : 'clean';
		const said = sayScan({outcome, findings, others, scan, ...defined({another})});
		const missed = output.inventory && sumUpPast(output.inventory);
		return {
			outcome,
			output,
			say: [
				`${said}${sayMemory(told)}`,
				...(restore === undefined ? [] : [sayRestore(restore)]),
				...(missed === undefined ? [] : [missed]),
			].join(' '),
		};
	},
};

/** A cache loses what it holds on purpose. */
function inventoryOutput(
	past: ReadPast | undefined,
	{listing, image, role}: {listing: StorageListing; image: ImageReference; role: RegistryRole},
): {inventory?: Past | UnusablePast; named?: InventoryEntry[]} {
	if (past === undefined || role === 'cache') {
		return {};
	}

	const {repository, tag} = image;
	const against = past.against(listing);
	const named = past.inventory && tag !== undefined ? namedBy(past.inventory, repository, tag) : [];
	return {
		inventory: 'problem' in against ? against : shortened(against),
		...(named.length > 0 && {named: named.slice(0, mostNamed)}),
	};
}

type Summary = {
	outcome: string;
	findings: Finding[];
	others: Finding[];
	scan: Pick<Scan, 'gaps' | 'provisional'>;
	another?: string;
};

/** What was not read may be what is missing: an incomplete scan never says that the disk holds every part. */
function sayScan({outcome, findings, others, scan: {gaps, provisional}, another}: Summary): string {
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
	const unread = gaps.length - (provisional ? 1 : 0);
	const why = [
		...(provisional ? gaps.slice(0, 1) : []),
		...(unread > 0 ? [`Not everything could be read (${count(unread, 'gap')}).`] : []),
	];
	return isWhole ? `On disk, ${mine}; ${rest}.` : `${why.join(' ')} So far, ${mine}; ${rest}.`;
}

/** As an output, and as an option that a person can choose. */
function optionOf(sibling: Sibling, {host, repository}: {host: string; repository: string}): SiblingOption {
	const [tag] = sibling.tags;
	return {
		reference: formatReference({host, repository, digest: sibling.digest, ...defined({tag})}),
		key: siblingName(sibling),
		title: saySibling(sibling),
		status: sayAge(sibling),
		...sibling,
	};
}
