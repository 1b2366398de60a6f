import {readdir} from 'node:fs/promises';
import type {IncomingMessage} from 'node:http';
import path from 'node:path';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import {bareMediaType, mediaTypes} from '../../domain/image/media-type.ts';
import {digestOf} from '../images/image.ts';
import {type Exchange, locationOf, tellChange} from './exchange.ts';
import {ignoreMissing, putContent, readIfThere} from './files.ts';
import {type ManifestDocument, readPushed, readStored} from './manifest-document.ts';
import {Refusal, type RefusalEntry} from './refusal.ts';

const manifestLimit = 4 * 1024 * 1024;

/** Reads no child and hashes nothing. @see distribution v2.8.3 registry/handlers/manifests.go, GetManifest */
export async function getManifest(exchange: Exchange): Promise<void> {
	const {request, response, reference} = exchange;
	const digest = isDigest(reference) ? reference : await resolveTag(exchange);
	const etag = request.headers['if-none-match'];

	if (etag === digest || etag === `"${digest}"`) {
		response.writeHead(304).end();
		return;
	}

	const content = await manifestContent(exchange, digest);
	const {mediaType, declared, kind} = readStored(content);
	const accepted = acceptedTypes(request.headersDistinct.accept);

	if (mediaType === mediaTypes.ociManifest && kind === 'image' && !accepted.has(mediaTypes.ociManifest)) {
		throw gated('OCI manifest found, but accept header does not support OCI manifests');
	}

	// An index without a mediaType of its own passes.
	if (declared === mediaTypes.ociIndex && !accepted.has(mediaTypes.ociIndex)) {
		throw gated('OCI index found, but accept header does not support OCI indexes');
	}

	response.writeHead(200, {
		'Content-Type': mediaType,
		'Content-Length': content.length,
		'Docker-Content-Digest': digest,
		Etag: `"${digest}"`,
	});
	response.end(request.method === 'HEAD' ? undefined : content);
}

/** @see distribution v2.8.3 registry/handlers/manifests.go, PutManifest */
export async function putManifest(exchange: Exchange): Promise<void> {
	const {request, response, repository, reference, store, lookup} = exchange;
	const content = await bodyOf(request);
	const document = readPushed(content, request.headers['content-type']);
	const digest = digestOf(content);

	if (isDigest(reference) && reference !== digest) {
		throw new Refusal({code: 'DIGEST_INVALID'});
	}

	await verifyReferences(exchange, document);

	// Whether the content exists is read from the cache: after a garbage collection nothing is written, and the response is 201.
	if ((await lookup.data(digest)) === undefined) {
		await putContent(store.blobFile(digest), content);
	}

	await store.writeLink(store.revisionLink(repository, digest), digest);

	if (!isDigest(reference)) {
		await store.writeTag(repository, reference, digest);
	}

	await tellChange(exchange, 'manifest-put', reference);
	response.writeHead(201, {
		Location: locationOf(exchange, path.posix.join('/v2', repository, 'manifests', digest)),
		'Docker-Content-Digest': digest,
		'Content-Length': 0,
	});
	response.end();
}

/** By digest only; removes the tags that point to it. @see distribution v2.8.3 registry/handlers/manifests.go, DeleteManifest */
export async function deleteManifest({response, repository, reference, store, lookup}: Exchange): Promise<void> {
	if (!isDigest(reference)) {
		throw new Refusal({code: 'DIGEST_INVALID'});
	}

	if ((await lookup.manifest(repository, reference)) === undefined) {
		throw new Refusal({code: 'MANIFEST_UNKNOWN'});
	}

	await store.remove(store.revisionLink(repository, reference));
	await store.remove(store.layerLink(repository, reference));

	for (const tag of (await readdir(path.dirname(store.tagFolder(repository, 'any'))).catch(ignoreMissing)) ?? []) {
		if ((await lookup.tag(repository, tag)) === reference) {
			await store.remove(store.tagFolder(repository, tag));
		}
	}

	response.writeHead(202, {'Content-Length': 0}).end();
}

/** The bytes, which a wrong link may take from under another digest. @throws Refusal MANIFEST_UNKNOWN */
async function manifestContent({store, lookup, repository}: Exchange, digest: Digest): Promise<Buffer> {
	const found = await lookup.manifest(repository, digest);
	const content = found && (await readIfThere(store.blobFile(found.digest)));

	if (content === undefined) {
		throw new Refusal({
			code: 'MANIFEST_UNKNOWN',
			detail: {Name: repository, Revision: digest},
			sentence: `unknown manifest name=${repository} revision=${digest}`,
		});
	}

	return content;
}

async function resolveTag({lookup, repository, reference}: Exchange): Promise<Digest> {
	const digest = await lookup.tag(repository, reference);

	if (digest === undefined) {
		throw new Refusal({code: 'MANIFEST_UNKNOWN', detail: {Tag: reference}, sentence: `unknown tag=${reference}`});
	}

	return digest;
}

function acceptedTypes(headers: readonly string[] = []): Set<string> {
	return new Set(headers.flatMap(header => header.split(',')).map(type => bareMediaType(type) ?? ''));
}

function gated(message: string): Refusal {
	return new Refusal({code: 'MANIFEST_UNKNOWN', message});
}

/**
 * Checks existence only, through the cache: sizes are not compared, and `subject` is not looked up.
 * @see distribution v2.8.3 registry/storage/ocimanifesthandler.go and manifestlisthandler.go
 */
async function verifyReferences({lookup, repository}: Exchange, document: ManifestDocument): Promise<void> {
	const unknown: RefusalEntry[] = [];

	for (const {digest, mediaType, urls} of document.references) {
		const isForeignLayer = urls.length > 0 && isLayerType(mediaType);

		// Without an allow list every URL of a foreign layer is refused, and the layer counts as unknown, too.
		if (isForeignLayer) {
			unknown.push({code: 'UNKNOWN'}, {code: 'UNKNOWN', detail: {}});
		}

		const isThere =
			document.kind === 'index'
				? await lookup.manifest(repository, digest)
				: !isForeignLayer && (urls.length > 0 || (await lookup.blob(repository, digest)));

		if (!isThere) {
			unknown.push({code: 'MANIFEST_BLOB_UNKNOWN', detail: digest});
		}
	}

	const [first, ...others] = unknown;
	if (first !== undefined) {
		throw new Refusal(first, ...others);
	}
}

function isLayerType(mediaType: string): boolean {
	return mediaType.includes('.layer.') || mediaType.includes('.rootfs.');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;

	for await (const chunk of request as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > manifestLimit) {
			throw new Refusal({code: 'MANIFEST_INVALID', detail: 'http: request body too large'});
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks);
}
