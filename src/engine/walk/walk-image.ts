import type {Fault} from '../../domain/fault.ts';
import {formatReference, type ImageReference, target} from '../../domain/reference.ts';
import {type Depth, type ImageCheck, verdictOf} from '../../domain/verdict.ts';
import type {ManifestAnswer, Registry, Waiting} from '../ports.ts';
import {dangling} from './absent.ts';
import {explore, type WalkProgress} from './explore.ts';
import {createLook, expand} from './look.ts';
import {unlessMoved} from './moved.ts';
import {type Looked, type Part, partsOf} from './parts.ts';
import {chooser, expectPlatform, platformAbsent, reached} from './platform.ts';
import {readManifest} from './read-manifest.ts';
import {rowOf} from './rows.ts';

export type {WalkProgress} from './explore.ts';

const usualConcurrency = 6;

export type WalkOptions = Waiting & {
	depth: Depth;
	/** `linux/arm64`: of an index, only this. */
	platform?: string;
	/** Requests under way at a time. */
	concurrency?: number;
	onProgress?: (progress: WalkProgress) => void;
};

/**
 * Walks everything that a pull of the image needs, and lists every fault on the way, not only the first.
 * @throws OperatorError image.absent | image.platform-absent, and whatever keeps the registry from answering for the top manifest
 */
export async function walkImage(
	registry: Registry,
	reference: ImageReference,
	options: WalkOptions,
): Promise<ImageCheck> {
	const {signal} = options;
	const answer = await registry.manifest(reference.repository, target(reference), {signal});
	const check =
		answer.state === 'found'
			? await walkDown(registry, reference, answer, options)
			: withoutManifest(reference, await topFault(registry, reference, answer, {signal}));
	return unlessMoved(check, registry, reference, answer, {signal});
}

async function walkDown(
	registry: Registry,
	reference: ImageReference,
	answer: Extract<ManifestAnswer, {state: 'found'}>,
	{depth, signal, platform, concurrency = usualConcurrency, onProgress = () => {}}: WalkOptions,
): Promise<ImageCheck> {
	const chosen = chooser(platform);
	const named: Part[] = [];
	const choose = (parts: Part[]) => {
		named.push(...parts);
		return chosen(parts);
	};
	const digest = reference.digest ?? answer.claimed ?? answer.digest;
	const top: Part = {role: 'manifest', descriptor: {digest, size: answer.bytes.length}, via: []};
	const read = readManifest(answer, {digest: reference.digest});
	const manifest = read.state === 'read' ? read.manifest : undefined;

	if (platform !== undefined && manifest?.kind === 'index') {
		const children = partsOf(manifest, [], undefined);
		expectPlatform(platform, children, chosen(children));
	}

	const start = expand(top, read, choose);
	const look = createLook(registry, reference.repository, {depth, signal, choose});
	const looked = await explore(start, {look, concurrency, onProgress});
	const parts = [...looked.values()];

	if (platform !== undefined && manifest?.kind === 'index' && parts.every(isWell) && !reached(platform, named)) {
		throw platformAbsent(platform, named);
	}

	const rows = manifest?.kind === 'index' && start.fault === undefined ? start.parts : [top];

	return {
		reference: formatReference(reference),
		digest,
		mediaType: manifest?.mediaType ?? answer.mediaType,
		...tally(parts),
		children: rows.map(row => rowOf(row, looked)),
	};
}

function isWell({fault, unchecked}: Looked): boolean {
	return fault === undefined && unchecked === undefined;
}

function tally(all: readonly Looked[]): Pick<ImageCheck, 'verdict' | 'checked' | 'faults' | 'unchecked'> {
	const faults = all.flatMap(({fault}) => fault ?? []);
	const unchecked = all.flatMap(entry => entry.unchecked ?? []);
	const answered = all.filter(entry => entry.unchecked === undefined);
	const manifests = answered.filter(({part}) => part.role === 'manifest').length;
	return {
		verdict: verdictOf(faults, unchecked),
		checked: {manifests, blobs: answered.length - manifests},
		faults,
		unchecked,
	};
}

async function topFault(
	registry: Registry,
	reference: ImageReference,
	answer: Exclude<ManifestAnswer, {state: 'found'}>,
	waiting: Waiting,
): Promise<Fault> {
	if (answer.state === 'missing') {
		return dangling(registry, reference, answer, waiting);
	}

	const {status, detail} = answer;
	const {digest} = reference;
	return {kind: 'manifest-unreadable', ...(digest === undefined ? {} : {digest}), via: [], status, detail};
}

function withoutManifest(reference: ImageReference, fault: Fault): ImageCheck {
	return {
		reference: formatReference(reference),
		...(reference.digest === undefined ? {} : {digest: reference.digest}),
		verdict: 'broken',
		checked: {manifests: 1, blobs: 0},
		faults: [fault],
		unchecked: [],
		children: [],
	};
}
