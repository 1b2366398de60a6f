import {damagedByChecks} from '../../domain/damage/damage-of-checks.ts';
import {damagedImages} from '../../domain/damage/damage-of-scan.ts';
import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {isOnlyMoved} from '../../domain/damage/moved.ts';
import {troubleOfDisk} from '../../domain/damage/storage-trouble.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {MeantPlatforms} from '../../domain/image/meant-platforms.ts';
import {formatReference, type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {type Depth, type ImageCheck, type RegistryRole, unanswered} from '../../domain/image/verdict.ts';
import type {ScanOutput} from '../../domain/incident/outputs.ts';
import {badIn} from '../../domain/plan/bad-data.ts';
import {isImageOf} from '../../domain/plan/need.ts';
import type {Finding, Moved, Scan} from '../../domain/storage/findings/finding.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import type {Clock} from '../ports/clock.ts';
import type {InventoryReader} from '../ports/inventory.ts';
import type {Registry} from '../ports/registry.ts';
import type {Storage} from '../ports/storage.ts';
import type {Unpacker} from '../ports/unpacker.ts';
import type {Waiting} from '../ports/waiting.ts';
import {probe} from '../probe/probe.ts';
import {scanBetweenLooks} from '../scan/between-looks.ts';
import {compareStore} from '../scan/compare-store.ts';
import {readPast} from '../scan/read-past.ts';
import {scanStore} from '../scan/scan-store.ts';
import {type Memory, readCache, readMemory} from '../scan/stale-memory.ts';
import {readingHostOnce, tellCache} from '../scan/tell-cache.ts';
import {walkImage} from '../verify/walk-image.ts';
import {withPinned} from './pinned.ts';

/** All damage of a registry, as far as it is known. `gaps`: why it is not known whole. */
export type Scope = {
	images: DamagedImage[];
	findings: Finding[];
	gaps: string[];
	/** Those of the gaps that concern only what changed while it was read, at every look. */
	moved?: Moved[];
	/** Why the storage itself is the incident: then nothing is known to be damaged, and nothing is to be repaired but that. */
	trouble?: string;
	disk?: {scan: Scan; listing: StorageListing};
	/** Without a disk: the images that were seen whole, of the repositories of the damaged ones. */
	served?: ServedImage[];
	memory?: Pick<ScanOutput, 'memory' | 'suspicion' | 'cache'>;
};

/** An image that the registry was seen to serve whole, and the tags that name it. */
export type ServedImage = {repository: string; digest: Digest; tags: string[]};

/** How often the disk is read again where it changed while it was read. */
const looksAgain = 2;

/** The reason of what the registry says that it cannot read. */
const storageFails = 'registry.storage';

type Pinned = Parameters<typeof withPinned>[1];

type ScopeOptions = Waiting & {
	registry: Registry;
	storage?: Storage;
	role: RegistryRole;
	platforms: MeantPlatforms;
	/** What the probes saw. */
	inventory?: InventoryReader;
	/** Blobs of which a check found bytes that do not match. */
	suspects?: Iterable<Digest>;
	/** The image that was reported, if one was. */
	reported?: ImageReference;
	/** Digests that workloads are pinned to: they are damage also without a tag. Whoever knows them is asked beside the look. */
	pinned?: Pinned | Promise<Pinned>;
	/** Every image that the disk shows whole is asked for over HTTP as well. */
	everyTag?: boolean;
	/** How the reported image is read, where nothing is known to damage it; `edge` by default. */
	depth?: Depth;
	/** Images that were built anew, and what unpacks them: none is called whole before. */
	rebuilt?: {images: readonly ImageReference[]; unpacker: Unpacker};
	clock: Pick<Clock, 'now' | 'monotonic'>;
	onProgress?: (progress: {label: string; done: number; total?: number}) => void;
};

/** Finds all damage: on the disk, beside what HTTP says of it; without a disk, over HTTP alone. Only reads. */
export async function findDamage(options: ScopeOptions): Promise<Scope> {
	const {storage, reported, rebuilt} = options;
	const found = storage === undefined ? await overHttp(options) : await onDisk(storage, options);
	let scope = reported === undefined ? found : await withReported(found, reported, options);
	for (const image of rebuilt?.images ?? []) {
		scope = await withReported(scope, image, {...options, depth: 'unpack'});
	}

	const pinned = (await options.pinned) ?? [];
	scope = scope.trouble === undefined && pinned.length > 0 ? await withPinned(scope, pinned, options) : scope;

	return scope.trouble === undefined ? scope : {...scope, images: [], findings: []};
}

async function onDisk(disk: Storage, options: ScopeOptions): Promise<Scope> {
	const storage = readingHostOnce(disk);
	const {registry, platforms, reported, inventory: reader, signal, onProgress = () => {}} = options;
	const {repository, digest} = reported ?? {};
	const past = await readPast(reader);
	const rules = {role: options.role, platforms, signal, onProgress};
	const asked = repository !== undefined && digest !== undefined ? {asked: {repository, digest}} : {};
	const now = () => options.clock.now().getTime();
	let known: Memory | undefined;
	const onMemory = (memory: Memory) => {
		known = memory;
	};
	const scanNow = () =>
		scanStore(storage, {
			...rules,
			...asked,
			suspects: [...(options.suspects ?? [])],
			...defined({inventory: past?.inventory}),
		});
	const compare = async (read: Awaited<ReturnType<typeof scanNow>>) => {
		const {scan: first, listing, role} = await tellCache(read, {storage, role: options.role, signal});
		// Configs that were not read on the disk are read over HTTP: no plan calls an image whole whose config nobody has read.
		const sample = options.everyTag || (listing.configsUnread ?? 0) > 0 ? {sample: Number.POSITIVE_INFINITY} : {};
		const scan = await compareStore(first, registry, {...rules, ...sample, role, listing, storage, onMemory});
		return {scan, listing, role};
	};
	const look = () =>
		scanBetweenLooks(storage, {now, host: registry.host, signal}, scanNow, async read =>
			isOnlyMoved(read.scan) ? read : compare(read),
		);
	let between = await look();
	for (let again = 0; again < looksAgain && isOnlyMoved(between.scan); again++) {
		between = await look();
	}

	const {scan, listing, role} = 'role' in between ? between : await compare(between);
	// What another registry's disk lacks says nothing about the one that responds.
	const findings = scan.compared?.kind === 'another' ? [] : scan.findings;
	return {
		images: damagedImages(findings, listing),
		findings,
		gaps: scan.complete ? [] : scan.gaps,
		...defined({moved: scan.moved}),
		...defined({trouble: troubleOfDisk(listing) ?? scan.trouble}),
		disk: {scan, listing},
		...(findings.length > 0 && {memory: await memoryOf({findings, listing, role}, {registry, storage, known, signal})}),
	};
}

/** What is moved aside has to be forgotten: then it is asked for where the registry remembers it. */
async function memoryOf(
	damage: Parameters<typeof readMemory>[0],
	{registry, storage, known, signal}: Waiting & {registry: Registry; storage: Storage; known: Memory | undefined},
): Promise<NonNullable<Scope['memory']>> {
	const memory = known ?? (await readMemory(damage, {registry, storage}, {signal}));
	const isBad = damage.findings.some(finding => badIn(finding).length > 0);
	return isBad && memory.cache === undefined ? {...memory, cache: await readCache(storage, {signal})} : memory;
}

async function overHttp(options: ScopeOptions): Promise<Scope> {
	const {registry, role, platforms, reported, everyTag, clock, signal, onProgress = () => {}} = options;
	if (reported !== undefined && !everyTag) {
		return {images: [], findings: [], gaps: []};
	}

	const checks: ImageCheck[] = [];
	const report = await probe(registry, {
		depth: 'edge',
		role,
		platforms,
		clock,
		signal,
		onImage: check => checks.push(check),
		onProgress: ({tags}) => onProgress({label: 'tags checked over HTTP', done: tags}),
	});
	const unknown = report.unknown - report.unfit;
	const images = damagedByChecks(checks);
	return {
		images,
		findings: [],
		served: servedBeside(images, checks),
		...defined({trouble: report.gaps.find(({code}) => code === storageFails)?.message}),
		gaps: [
			...(report.catalog ? [] : ['The catalogue was not listed to its end.']),
			...report.gaps.map(({repository, message}) => (repository === undefined ? message : `${repository}: ${message}`)),
			...(unknown > 0 ? [`Of ${unknown} images or repositories it is not known whether they are whole.`] : []),
		],
	};
}

function servedBeside(damaged: readonly DamagedImage[], checks: readonly ImageCheck[]): ServedImage[] {
	const repositories = new Set(damaged.map(({repository}) => repository));
	const found = new Map<string, ServedImage>();
	for (const {reference, digest, verdict} of checks) {
		const {repository, tag} = parseReference(reference);
		if (verdict === 'intact' && digest !== undefined && tag !== undefined && repositories.has(repository)) {
			const key = `${repository}@${digest}`;
			const known = found.get(key) ?? {repository, digest, tags: []};
			known.tags.push(tag);
			found.set(key, known);
		}
	}

	return [...found.values()];
}

/** The reported image is also asked for over HTTP: what serves it may differ from the disk. */
async function withReported(scope: Scope, reported: ImageReference, options: ScopeOptions): Promise<Scope> {
	const {registry, storage, platforms, depth = 'edge', rebuilt, signal} = options;
	if (scope.images.some(image => isImageOf(image, reported))) {
		return scope;
	}

	const check = await walkImage(registry, reported, {
		depth,
		platforms,
		signal,
		...defined({unpacker: rebuilt?.unpacker}),
	}).catch(error => {
		signal.throwIfAborted();
		return unanswered(reported, asOperatorError(error));
	});
	if (check.verdict === 'intact') {
		return scope;
	}

	const corrupt = check.faults.flatMap(({kind, digest}) => (kind === 'blob-corrupt' ? (digest ?? []) : []));
	const known = new Set(options.suspects);
	if (storage !== undefined && corrupt.some(digest => !known.has(digest))) {
		// A scan does not hash: on the disk it shows in every image that uses the data.
		return findDamage({...options, suspects: new Set([...known, ...corrupt])});
	}

	return check.verdict === 'broken'
		? {...scope, images: [...scope.images, ...damagedByChecks([check])]}
		: {
				...scope,
				...defined({trouble: check.unchecked.find(({code}) => code === storageFails)?.message ?? scope.trouble}),
				gaps: [...scope.gaps, ...check.unchecked.map(({message}) => `${formatReference(reported)}: ${message}`)],
			};
}
