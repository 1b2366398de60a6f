import type {Reason} from '../../../domain/error-codes.ts';
import type {Digest} from '../../../domain/image/digest.ts';
import type {RegistryResponse} from '../response.ts';
import {readErrorBody} from './error-body.ts';
import {notARegistry, refusal} from './refusals.ts';

/** What a registry says about the one manifest or blob that it does not serve. */
type NotServed =
	| {state: 'missing'; status: number; detail: string; revision?: Digest}
	| {state: 'unreadable'; status: number; detail: string}
	| {state: 'unserved'; status: number; detail: string; failure: Reason};

/**
 * Reads why the registry does not serve it: it does not exist (404), its data or link is damaged, or the registry fails on it
 * and gives no reason (500).
 * @throws OperatorError registry.not-a-registry | registry.storage | registry.upstream | manifest.schema1, where the response
 * says nothing about what was requested
 */
export async function readNotServed(response: RegistryResponse, what: 'manifest' | 'blob'): Promise<NotServed> {
	const {status} = response;
	const body = await readErrorBody(response);
	const {text, message, reason} = body;

	if (status === 404) {
		// A store that blobs are redirected to responds in XML. Anything else is a proxy without a registry behind it just now.
		if (message === undefined && !/^\s*(?:$|<\?xml|<Error\b)/.test(text)) {
			throw notARegistry(response);
		}

		const {revision} = body;
		return {
			state: 'missing',
			status,
			detail: message ?? 'the registry does not have it',
			...(revision !== undefined && {revision}),
		};
	}

	// A damaged link is damage of a blob, too. Of its data, a registry says nothing.
	if (reason?.kind === 'link' || (what === 'manifest' && reason?.kind === 'damage')) {
		return {state: 'unreadable', status, detail: reason.words};
	}

	const failure = refusal(response, body, {});
	if (reason !== undefined && reason.kind !== 'damage') {
		throw failure;
	}

	// 2.8 gives no reason for a link or a manifest that it cannot read. For a blob, that may be its storage.
	if (what === 'manifest' && message !== undefined) {
		return {state: 'unreadable', status, detail: message};
	}

	const {code, message: said, hint} = failure;
	const detail = reason?.words ?? message ?? 'the registry gives no reason';
	return {state: 'unserved', status, detail, failure: {code, message: said, hint}};
}
