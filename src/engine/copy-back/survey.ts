import type {Digest} from '../../domain/image/digest.ts';
import {type Manifest, parseManifest, references} from '../../domain/image/manifest.ts';
import {roleOfChild} from '../../domain/image/media-type.ts';
import {mayLiveElsewhere} from '../../domain/image/pullable/layer-types.ts';
import type {CopyBack, CopyPart} from '../../domain/remedy/copy-back.ts';
import {forEachConcurrently} from '../bounded-concurrency.ts';
import type {Registry} from '../ports/registry.ts';
import type {SoughtPart, Source} from '../ports/source.ts';
import type {Storage} from '../ports/storage.ts';
import type {Waiting} from '../ports/waiting.ts';
import {type Asking, createAsking} from './ask-sources.ts';
import {findOnDisk, findOverHttp, type WantedPart} from './find-parts.ts';

/** The image that is to be brought back. */
type Top = {repository: string; digest: Digest};

export type SurveyOptions = Waiting & {
	registry: Registry;
	storage?: Storage;
	sources: readonly Source[];
	/** Digests whose data was hashed, and does not match. */
	corrupt?: ReadonlySet<Digest>;
};

type Known = {part: CopyPart; below: WantedPart[]};

const manifestsAtOnce = 8;

/**
 * Where every part of these images is: in the registry, on its disk, with the sources. A level of all of them at a time: one command
 * on the disk and one question to each source, however many images there are. Only reads.
 * @returns one for each image, in their order
 */
export async function surveyCopyBack(tops: readonly Top[], options: SurveyOptions): Promise<CopyBack[]> {
	const {registry, storage, sources, corrupt = new Set(), signal} = options;
	const asking = createAsking(sources, {signal});
	const find = storage === undefined ? findOverHttp(registry) : findOnDisk(storage, corrupt);
	const known = new Map<string, Known>();
	let level = unknown(
		tops.map(top => ({...top, role: 'manifest'})),
		known,
	);

	while (level.length > 0) {
		const found = await find(level, {signal});
		// What is in the way may be moved aside.
		const lacking = level.filter((_, at) => found[at] === 'lacking' || found[at] === 'in-the-way');
		const holders = await asking.holders(lacking.map(soughtOf));
		const below: WantedPart[] = [];
		const queue = [...level.entries()];
		await forEachConcurrently(
			() => queue.shift(),
			manifestsAtOnce,
			async ([at, part]) => {
				const settled = await settle(part, found[at]!, {asking, holders: holders.get(part.digest) ?? [], options});
				known.set(keyOf(part), settled);
				below.push(...settled.below);
			},
		);
		level = unknown(below, known);
	}

	return tops.map(top => ({digest: top.digest, parts: partsBelow(top, known), silent: asking.silent()}));
}

type Settling = {asking: Asking; holders: readonly Source[]; options: SurveyOptions};

async function settle(
	wanted: WantedPart,
	found: CopyPart['where'] | 'lacking',
	{asking, holders, options}: Settling,
): Promise<Known> {
	const {digest, role, size = 0} = wanted;
	if (role !== 'manifest') {
		const where = found !== 'lacking' ? found : holders.length > 0 ? 'sources' : 'gone';
		return {part: {digest, role, size, where, ...namesOf(where, holders)}, below: []};
	}

	const own = found === 'lacking' || found === 'in-the-way' ? undefined : await ownManifest(wanted, options);
	// Its data has the right size, and does not match.
	const isBad = own === undefined && (found === 'linked' || found === 'disk');
	const asked = isBad ? ((await asking.holders([soughtOf(wanted)])).get(digest) ?? []) : holders;
	const read = own === undefined ? await asking.manifest(soughtOf(wanted), asked) : {bytes: own, holders: []};
	const where = isBad ? 'in-the-way' : found !== 'lacking' ? found : read.bytes === undefined ? 'gone' : 'sources';
	const parsed = read.bytes && parseManifest(new TextDecoder().decode(read.bytes));
	const isUnreadable = parsed?.ok === false;
	return {
		part: {
			digest,
			role,
			size: read.bytes?.length ?? size,
			where: isUnreadable ? 'unread' : where,
			...namesOf(where, read.holders),
		},
		below: parsed?.ok ? neededBy(parsed.manifest, wanted.repository) : [],
	};
}

function namesOf(where: CopyPart['where'], holders: readonly Source[]): {sources?: string[]} {
	const isHeld = (where === 'sources' || where === 'in-the-way') && holders.length > 0;
	return isHeld ? {sources: holders.map(({name}) => name)} : {};
}

/** From the registry, else from its disk. Undefined: neither has its bytes whole. */
export async function ownManifest(
	{repository, digest}: Top,
	{registry, storage, signal}: Pick<SurveyOptions, 'registry' | 'storage' | 'signal'>,
): Promise<Uint8Array | undefined> {
	const answer = await registry.manifest(repository, digest, {signal});
	return answer.state === 'found' && answer.digest === digest ? answer.bytes : storage?.readBlob(digest, {signal});
}

function neededBy(manifest: Manifest, repository: string): WantedPart[] {
	return references(manifest)
		.filter(needed => manifest.kind === 'index' || !mayLiveElsewhere(needed))
		.map(needed => {
			const {digest, size} = needed;
			const role = manifest.kind === 'index' ? roleOfChild(needed) : manifest.config === needed ? 'config' : 'layer';
			return {repository, digest, size, role};
		});
}

/** Those that were not looked at, each once. */
function unknown(parts: readonly WantedPart[], known: ReadonlyMap<string, Known>): WantedPart[] {
	return [...new Map(parts.map(part => [keyOf(part), part])).entries()].flatMap(([key, part]) =>
		known.has(key) ? [] : part,
	);
}

function partsBelow({repository, digest}: Top, known: ReadonlyMap<string, Known>): CopyPart[] {
	const parts = new Map<string, CopyPart>();
	const seen = new Set<string>();
	visit({repository, digest, role: 'manifest'});
	return [...parts.values()];

	function visit(wanted: WantedPart): void {
		const key = keyOf(wanted);
		const found = known.get(key);
		if (found !== undefined && !seen.has(key)) {
			seen.add(key);
			for (const needed of found.below) {
				visit(needed);
			}

			parts.set(key, found.part);
		}
	}
}

/** A digest may be a config here and a layer there: it is stored once. */
function keyOf({repository, digest, role}: WantedPart): string {
	return `${repository} ${role === 'manifest'} ${digest}`;
}

function soughtOf({repository, digest, role, size}: WantedPart): SoughtPart {
	return {repository, digest, kind: role === 'manifest' ? 'manifest' : 'blob', ...(size !== undefined && {size})};
}
