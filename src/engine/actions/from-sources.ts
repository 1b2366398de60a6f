import {asOperatorError, type OperatorError} from '../../domain/errors.ts';
import {type Digest, shortDigest} from '../../domain/image/digest.ts';
import type {RelinkStep} from '../../domain/remedy/relink-steps.ts';
import type {PutAnswer} from '../ports/registry.ts';
import type {Source} from '../ports/source.ts';
import type {ActionContext} from './action.ts';
import {resultOf, type Stored} from './stored.ts';

type FromSources<Step> = Step & {sources: string[]};
type Send = (bytes: AsyncIterable<Uint8Array>) => Promise<PutAnswer>;

/**
 * Uploads a blob from the first source that delivers it whole. Where one stops, or sends other bytes, the registry has cancelled that
 * upload, and the next source is tried.
 * @throws OperatorError effect.unknown | registry.*
 */
export async function uploadFromSources(
	step: FromSources<RelinkStep & {kind: 'upload-blob'}>,
	send: Send,
	context: ActionContext,
): Promise<Stored> {
	const {repository, digest, size} = step;
	const failures: string[] = [];
	for (const source of sourcesNamed(step.sources, context)) {
		let failed: OperatorError | undefined;
		async function* watched(): AsyncGenerator<Uint8Array> {
			try {
				yield* source.stream({repository, digest, kind: 'blob', size}, context);
			} catch (error) {
				context.signal.throwIfAborted();
				failed = asOperatorError(error);
				throw error;
			}
		}

		try {
			return resultOf(await send(watched()), {...step, sources: [source.name]});
		} catch (error) {
			context.signal.throwIfAborted();
			const known = asOperatorError(error);
			if (failed === undefined && known.code !== 'blob.wrong-digest') {
				throw error;
			}

			failures.push(`${source.name}: ${known.message}`);
			context.log(`${shortDigest(digest)} was not copied from ${source.name}: ${known.message}`);
		}
	}

	return {state: 'rejected', detail: `No source delivered ${shortDigest(digest)}. ${failures.join(' ')}`.trim()};
}

/** Undefined: none of them has it whole. */
export async function manifestFromSources(
	{repository, digest, sources}: FromSources<{repository: string; digest: Digest}>,
	context: ActionContext,
): Promise<Uint8Array | undefined> {
	for (const source of sourcesNamed(sources, context)) {
		try {
			const bytes = await source.manifest({repository, digest, kind: 'manifest'}, context);
			if (bytes !== undefined) {
				return bytes;
			}
		} catch (error) {
			context.signal.throwIfAborted();
			context.log(`${shortDigest(digest)} was not read from ${source.name}: ${asOperatorError(error).message}`);
		}
	}

	return undefined;
}

/** Only those that were approved, in their order. */
function sourcesNamed(names: readonly string[], {ports}: ActionContext): Source[] {
	return names.flatMap(name => ports.sources?.find(source => source.name === name) ?? []);
}
