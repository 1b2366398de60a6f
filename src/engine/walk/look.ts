import {OperatorError} from '../../domain/errors.ts';
import type {Fault, FaultKind} from '../../domain/fault.ts';
import {type Manifest, references} from '../../domain/manifest.ts';
import {mediaTypes} from '../../domain/media-type.ts';
import type {Depth, Unchecked} from '../../domain/verdict.ts';
import type {BlobAnswer, Registry} from '../ports.ts';
import {type Looked, type Part, partsOf} from './parts.ts';
import {type ReadManifest, readManifest} from './read-manifest.ts';

/** An index in an index in an index … Nobody builds more than three; a hostile one may. */
const deepestNesting = 16;
/** After so many waits for nothing, the rest is not worth asking for. */
const mostFailures = 3;

const blobFaults: Record<Exclude<BlobAnswer['state'], 'present' | 'missing'>, FaultKind> = {
	empty: 'blob-empty',
	truncated: 'blob-truncated',
	corrupt: 'blob-corrupt',
};

export type Look = (part: Part) => Promise<Looked>;

/** Asks the registry for one part. What keeps it from answering leaves the part unchecked. */
export function createLook(
	registry: Registry,
	repository: string,
	{depth, signal, choose}: {depth: Depth; signal: AbortSignal; choose: (parts: Part[]) => Part[]},
): Look {
	let failures = 0;
	let lastFailure: OperatorError | undefined;

	async function lookAtManifest(part: Part): Promise<Looked> {
		const {descriptor, via} = part;

		if (via.length > deepestNesting) {
			return faulty(part, 'manifest-unreadable', `it is nested more than ${deepestNesting} indexes deep`);
		}

		const answer = await registry.manifest(repository, descriptor.digest, {signal});

		if (answer.state !== 'found') {
			const kind = answer.state === 'missing' ? 'child-missing' : 'manifest-unreadable';
			return faulty(part, kind, answer.detail, answer.status);
		}

		const read = readManifest(answer, descriptor);
		return expand(part, read, choose);
	}

	async function lookAtBlob(part: Part): Promise<Looked> {
		const answer = await registry.blob(repository, part.descriptor, depth, {signal});

		if (answer.state === 'present') {
			return {part, status: answer.status, parts: []};
		}

		const kind = answer.state === 'missing' ? (`${part.role}-missing` as FaultKind) : blobFaults[answer.state];
		return faulty(part, kind, answer.detail, answer.status);
	}

	return async part => {
		signal.throwIfAborted();

		if (lastFailure !== undefined && failures >= mostFailures) {
			return {part, unchecked: uncheckedOf(part, lastFailure), parts: []};
		}

		try {
			const looked = await (part.role === 'manifest' ? lookAtManifest(part) : lookAtBlob(part));
			failures = 0;
			return looked;
		} catch (error) {
			signal.throwIfAborted();

			if (!(error instanceof OperatorError)) {
				throw error;
			}

			if (error.exit === 'unreachable' || error.code === 'registry.unauthorized') {
				failures++;
				lastFailure = error;
			}

			return {part, unchecked: uncheckedOf(part, error), parts: []};
		}
	};
}

/** What reading a manifest means for it, and what it asks for next. */
export function expand(part: Part, read: ReadManifest, choose: (parts: Part[]) => Part[]): Looked {
	const status = 200;

	if (read.state === 'damaged') {
		return faulty(part, 'manifest-unreadable', read.detail, status);
	}

	if (read.state === 'foreign-form') {
		const error = {
			code: 'manifest.schema1',
			message: `This is a schema 1 manifest (${read.mediaType}), which regmedic does not take apart.`,
			hint: 'Rebuild the image: registries and engines no longer accept this form.',
		};
		return {part, status, unchecked: uncheckedOf(part, error), parts: []};
	}

	if (namesNothing(read.manifest)) {
		const error = {
			code: 'manifest.names-nothing',
			message: `This ${read.manifest.kind === 'index' ? 'index' : 'manifest'} names nothing that could be pulled.`,
			hint: 'If an image should be there, push it again.',
		};
		return {part, status, unchecked: uncheckedOf(part, error), parts: []};
	}

	const via = [...part.via, part.descriptor.digest];
	const parts = choose(partsOf(read.manifest, via, part.platform));

	if (parts.some(({role, descriptor}) => role === 'manifest' && via.includes(descriptor.digest))) {
		return faulty(part, 'manifest-unreadable', 'it contains itself', status);
	}

	return {part, status, parts};
}

/** Nothing is missing from it, and nobody can pull it. Artifacts may consist of their annotations. */
function namesNothing(manifest: Manifest): boolean {
	return references(manifest).length === 0 && manifest.mediaType !== mediaTypes.ociArtifact;
}

function faulty(part: Part, kind: FaultKind, detail: string, status?: number): Looked {
	const {descriptor, via, platform} = part;
	const fault: Fault = {
		kind,
		digest: descriptor.digest,
		via,
		...(platform === undefined ? {} : {platform}),
		...(status === undefined ? {} : {status}),
		detail,
	};
	return {part, ...(status === undefined ? {} : {status}), fault, parts: []};
}

function uncheckedOf(
	{descriptor, via, platform}: Part,
	{code, message, hint}: Pick<OperatorError, 'code' | 'message' | 'hint'>,
): Unchecked {
	return {digest: descriptor.digest, via, ...(platform === undefined ? {} : {platform}), code, message, hint};
}
