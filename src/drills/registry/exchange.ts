import type {IncomingMessage, ServerResponse} from 'node:http';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import type {Store} from '../images/store.ts';
import type {DescriptorCache} from './descriptor-cache.ts';
import type {Dialect} from './dialect.ts';
import type {Lookup} from './lookup.ts';
import {Refusal} from './refusal.ts';

/** One request on its way through the registry. */
export type Exchange = {
	request: IncomingMessage;
	response: ServerResponse;
	url: URL;
	/** From the route. */
	repository: string;
	/** A tag, a digest or an upload's id. */
	reference: string;
	store: Store;
	cache: DescriptorCache;
	lookup: Lookup;
	/** Signs the state of an upload. */
	secret: string;
	dialect: Dialect;
	/** Called with what a client changed, before the response. */
	changed(change: RegistryChange): Promise<void>;
};

export type RegistryChange = {
	kind: 'manifest-put' | 'blob-mounted' | 'blob-uploaded';
	repository: string;
	reference: string;
	agent: string;
};

export type Handler = (exchange: Exchange) => Promise<void> | void;

/** Tells what the client of this request stored. */
export function tellChange(
	{request, repository, changed}: Exchange,
	kind: RegistryChange['kind'],
	reference: string,
): Promise<void> {
	return changed({kind, repository, reference, agent: request.headers['user-agent'] ?? ''});
}

/** Absolute, from the Host header, as the real one builds it. */
export function locationOf({request}: Exchange, path: string): string {
	return `http://${request.headers.host ?? 'localhost'}${path}`;
}

/** @throws Refusal DIGEST_INVALID */
export function digestOrRefuse(text: string, detail: unknown): Digest {
	if (!isDigest(text)) {
		throw new Refusal({code: 'DIGEST_INVALID', detail});
	}

	return text;
}
