import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {type Digest, isDigest} from '../../domain/image/digest.ts';
import {bareMediaType, mediaTypes} from '../../domain/image/media-type.ts';
import type {Exchange} from './exchange.ts';
import {ignoreMissing, readIfThere, removeTree} from './lookup.ts';
import {readStored} from './manifest-document.ts';
import {Refusal} from './refusal.ts';

/** No child is looked at and nothing is hashed. @see distribution v2.8.3 registry/handlers/manifests.go, GetManifest */
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

	// An index that does not name its own type slips through.
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

/** By digest only; takes the tags with it. @see distribution v2.8.3 registry/handlers/manifests.go, DeleteManifest */
export async function deleteManifest({response, repository, reference, store, lookup}: Exchange): Promise<void> {
	if (!isDigest(reference)) {
		throw new Refusal({code: 'DIGEST_INVALID'});
	}

	if ((await lookup.manifest(repository, reference)) === undefined) {
		throw new Refusal({code: 'MANIFEST_UNKNOWN'});
	}

	await removeTree(store.revisionLink(repository, reference));
	await removeTree(store.layerLink(repository, reference));

	for (const tag of (await readdir(path.dirname(store.tagFolder(repository, 'any'))).catch(ignoreMissing)) ?? []) {
		if ((await lookup.tag(repository, tag)) === reference) {
			await removeTree(store.tagFolder(repository, tag));
		}
	}

	response.writeHead(202, {'Content-Length': 0}).end();
}

/** The bytes, which the link may have taken from under another digest. @throws Refusal MANIFEST_UNKNOWN */
async function manifestContent({store, lookup, repository}: Exchange, digest: Digest): Promise<Buffer> {
	const found = await lookup.manifest(repository, digest);
	const content = found && (await readIfThere(store.blobFile(found.digest)));

	if (content === undefined) {
		throw new Refusal({code: 'MANIFEST_UNKNOWN', detail: {Name: repository, Revision: digest}});
	}

	return content;
}

async function resolveTag({lookup, repository, reference}: Exchange): Promise<Digest> {
	const digest = await lookup.tag(repository, reference);

	if (digest === undefined) {
		throw new Refusal({code: 'MANIFEST_UNKNOWN', detail: {Tag: reference}});
	}

	return digest;
}

function acceptedTypes(headers: readonly string[] = []): Set<string> {
	return new Set(headers.flatMap(header => header.split(',')).map(type => bareMediaType(type) ?? ''));
}

function gated(message: string): Refusal {
	return new Refusal({code: 'MANIFEST_UNKNOWN', message});
}
