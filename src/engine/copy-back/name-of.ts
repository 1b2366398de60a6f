import type {DamagedImage} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {asOperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {parseManifest, references} from '../../domain/image/manifest.ts';
import {namedBy} from '../../domain/inventory/history.ts';
import type {CopyBackOutlook} from '../../domain/remedy/copy-back.ts';
import {type Silent, type Witness, weighWitnesses} from '../../domain/remedy/witnesses.ts';
import type {Finding} from '../../domain/storage/findings/finding.ts';
import {pulledByTag} from '../../domain/usage/pulled-by-tag.ts';
import {workloadKinds} from '../../domain/usage/workload.ts';
import type {KnownUsage} from '../plan/read-usage.ts';
import type {ReadPast} from '../scan/read-past.ts';
import {type Asking, createAsking} from './ask-sources.ts';
import {ownManifest, type SurveyOptions} from './survey.ts';

/** A damaged image with the findings of it alone. */
export type Lacking = {image: DamagedImage; findings: readonly Finding[]};

/** What others saw of the registry while it was whole: its probes, and the nodes that pulled from it. */
export type Recorded = {past?: Pick<ReadPast, 'inventory' | 'problem'> | undefined; usage?: KnownUsage | undefined};

/** `silent`: witnesses beside the sources that could not be asked. */
export type Named = {digest: Digest; witnesses: Witness[]; silent: Silent[]; retag?: string[]};

/** What the registry itself still knows. Undefined: which digest the tag named only others know. */
export function knownDigest({image: {digest}, findings}: Lacking): Digest | undefined {
	return digest ?? findings.find(({kind}) => kind === 'tag-dangling')?.digest;
}

/** Which digest is to be brought back: what the registry still knows; else what all witnesses agree on. */
export async function nameOf(
	lacking: Lacking,
	options: SurveyOptions & Recorded,
): Promise<Named | {outlook: CopyBackOutlook}> {
	const known = knownDigest(lacking);
	if (known !== undefined) {
		return {digest: known, witnesses: [], silent: []};
	}

	const {sources, signal} = options;
	const {repository, tags} = lacking.image;
	const [tag = ''] = tags;
	const asking = createAsking(sources, {signal});
	const recorded = recordedOf({repository, tag}, options);
	const witnesses = [...historyOf(lacking), ...(await asking.witnesses(repository, tag)), ...recorded.witnesses];
	// Where nothing may be one platform of another, their manifests are of no interest.
	const digests = witnesses.some(({mayBePart}) => mayBePart) ? new Set(witnesses.map(({digest}) => digest)) : [];
	const indexes = new Map<Digest, ReadonlySet<Digest>>();
	for (const digest of digests) {
		const children = await childrenOf({repository, digest}, asking, options);
		if (children !== undefined) {
			indexes.set(digest, children);
		}
	}

	const weighed = weighWitnesses(witnesses, [...asking.silent(), ...recorded.silent], indexes);
	return 'why' in weighed
		? {outlook: {possible: false, why: weighed.why, bytes: 0}}
		: {...weighed, silent: recorded.silent, retag: [...tags]};
}

/** What the tag named last by the times of the disk; where they are equal, as after a restore, all of it. */
function historyOf({findings}: Lacking): Witness[] {
	const [newest, ...older] = findings.flatMap(({history = []}) => history);
	const last = newest === undefined ? [] : [newest, ...older.filter(({named}) => named === newest.named)];
	return last.map(({digest, named}) => ({source: 'its own history', digest, ...defined({setBy: named})}));
}

function recordedOf(
	{repository, tag}: {repository: string; tag: string},
	{past, usage: known}: Recorded,
): {witnesses: Witness[]; silent: Silent[]} {
	const [seen] = past?.inventory === undefined ? [] : namedBy(past.inventory, repository, tag);
	const pulled = known === undefined ? [] : pulledByTag(known.usage, {repository, tag}, known.hosts);
	const isBlind = known !== undefined && !known.usage.lookedAt.includes(workloadKinds.Pod);
	const why = known?.usage.notLookedAt.find(({what}) => what === workloadKinds.Pod)?.why ?? 'No pods were looked at.';
	return {
		witnesses: [
			...(seen === undefined ? [] : [{source: 'the inventory', digest: seen.digest, seen: seen.lastSeen}]),
			...pulled.map(({by, ...each}) => ({source: by, ...each})),
		],
		silent: [
			...(past?.problem === undefined ? [] : [{source: 'the inventory', why: past.problem}]),
			...(isBlind ? [{source: known.usage.source, why}] : []),
		],
	};
}

/** Undefined: it is no index, or nobody asked has its bytes. */
async function childrenOf(
	top: {repository: string; digest: Digest},
	asking: Asking,
	options: SurveyOptions,
): Promise<Set<Digest> | undefined> {
	const {bytes} = await asking.manifest({...top, kind: 'manifest'}, options.sources);
	const parsed = bytes ?? (await ownBytes(top, options));
	const read = parsed && parseManifest(new TextDecoder().decode(parsed));
	return read?.ok && read.manifest.kind === 'index'
		? new Set(references(read.manifest).map(({digest}) => digest))
		: undefined;
}

async function ownBytes(
	top: {repository: string; digest: Digest},
	options: SurveyOptions,
): Promise<Uint8Array | undefined> {
	try {
		return await ownManifest(top, options);
	} catch (error) {
		options.signal.throwIfAborted();
		asOperatorError(error);
		return undefined;
	}
}
