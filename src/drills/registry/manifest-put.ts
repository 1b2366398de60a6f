import path from 'node:path';
import {isDigest} from '../../domain/image/digest.ts';
import {digestOf} from '../images/image.ts';
import {bodyOf, type Exchange, locationOf} from './exchange.ts';
import {putContent} from './lookup.ts';
import {type ManifestDocument, readPushed} from './manifest-document.ts';
import {Refusal, type RefusalEntry} from './refusal.ts';

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

	// "Content already present" is believed from memory: after a garbage collection nothing is written, and 201 is answered.
	if ((await lookup.data(digest)) === undefined) {
		await putContent(store.blobFile(digest), content);
	}

	await store.writeLink(store.revisionLink(repository, digest), digest);

	if (!isDigest(reference)) {
		await store.writeTag(repository, reference, digest);
	}

	await exchange.changed({
		change: 'manifest-put',
		repository,
		reference,
		agent: request.headers['user-agent'] ?? '',
	});
	response.writeHead(201, {
		Location: locationOf(exchange, path.posix.join('/v2', repository, 'manifests', digest)),
		'Docker-Content-Digest': digest,
		'Content-Length': 0,
	});
	response.end();
}

/**
 * Existence only, through the cache: sizes are never compared, `subject` is never asked for.
 * @see distribution v2.8.3 registry/storage/ocimanifesthandler.go and manifestlisthandler.go
 */
async function verifyReferences({lookup, repository}: Exchange, document: ManifestDocument): Promise<void> {
	const unknown: RefusalEntry[] = [];

	for (const {digest, mediaType, urls} of document.references) {
		const isForeignLayer = urls.length > 0 && isLayerType(mediaType);

		// Without an allow list every address of a foreign layer is refused, and the layer counts as unknown besides.
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
