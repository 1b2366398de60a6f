import {createHash, randomUUID} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {appendFile, mkdir, rename, stat} from 'node:fs/promises';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {type Digest, digestAlgorithm, isDigest} from '../../domain/image/digest.ts';
import {isRepositoryName} from '../../domain/image/reference.ts';
import {digestOrRefuse, type Exchange, locationOf} from './exchange.ts';
import {ignoreMissing, putContent, readIfThere, removeTree} from './lookup.ts';
import {Refusal} from './refusal.ts';
import {packUploadState, readUploadState} from './upload-state.ts';

/**
 * Opens an upload, or mounts. 2.8 knows no upload in one POST: a digest here is ignored and 202 is answered.
 * @see distribution v2.8.3 registry/handlers/blobupload.go
 */
export async function startUpload(exchange: Exchange): Promise<void> {
	const {response, url, repository, store, lookup} = exchange;
	const mount = url.searchParams.get('mount') ?? '';
	const from = url.searchParams.get('from') ?? '';

	if (isDigest(mount) && isRepositoryName(from) && (await lookup.blob(from, mount).catch(() => undefined))) {
		await store.writeLink(store.layerLink(repository, mount), mount);
		created(exchange, mount);
		return;
	}

	const id = randomUUID();
	await putContent(path.join(uploadFolder(exchange, id), 'startedat'), `${new Date().toISOString().slice(0, 19)}Z`);
	await putContent(path.join(uploadFolder(exchange, id), 'data'), '');
	response.writeHead(202, progressHeaders(exchange, id, 0, true)).end();
}

export async function uploadStatus(exchange: Exchange): Promise<void> {
	const size = await resume(exchange);
	exchange.response.writeHead(204, progressHeaders(exchange, exchange.reference, size, true)).end();
}

export async function patchUpload(exchange: Exchange): Promise<void> {
	const {request, response, reference} = exchange;
	await resume(exchange);
	const type = request.headers['content-type'];

	if (type !== undefined && type !== 'application/octet-stream') {
		throw new Refusal({code: 'UNKNOWN', detail: {}});
	}

	const size = await receive(exchange);
	response.writeHead(202, progressHeaders(exchange, reference, size, false)).end();
}

export async function finishUpload(exchange: Exchange): Promise<void> {
	const {url, repository, reference, store, cache} = exchange;
	await resume(exchange);
	const named = url.searchParams.get('digest') ?? '';

	if (named === '') {
		throw new Refusal({code: 'DIGEST_INVALID', detail: 'digest missing'});
	}

	const digest = digestOrRefuse(named, 'digest parsing failed');
	const size = await receive(exchange);
	const data = path.join(uploadFolder(exchange, reference), 'data');

	if ((await hashOf(data, digest)) !== digest) {
		// The upload stays behind: its cleaning fails, because the file is committed already.
		throw new Refusal({code: 'DIGEST_INVALID', detail: {Digest: digest, Reason: {}}});
	}

	// Data that is already there is never replaced, not even where it is damaged: blobwriter.go, moveBlob.
	if ((await stat(store.blobFile(digest)).catch(ignoreMissing)) === undefined) {
		await mkdir(path.dirname(store.blobFile(digest)), {recursive: true});
		await rename(data, store.blobFile(digest));
	}

	await store.writeLink(store.layerLink(repository, digest), digest);
	await removeTree(uploadFolder(exchange, reference));
	cache.rememberIn(repository, digest, {digest, size});
	created(exchange, digest);
}

export async function cancelUpload(exchange: Exchange): Promise<void> {
	await resume(exchange);
	await removeTree(uploadFolder(exchange, exchange.reference));
	exchange.response.writeHead(204, {'Docker-Upload-UUID': exchange.reference}).end();
}

function uploadFolder({store, repository}: Exchange, id: string): string {
	return path.join(store.base, 'repositories', repository, '_uploads', id);
}

/** @returns bytes received so far */
async function resume(exchange: Exchange): Promise<number> {
	const {url, repository, reference, secret} = exchange;

	if (reference === '') {
		throw new Refusal({code: 'BLOB_UPLOAD_UNKNOWN'});
	}

	const state = readUploadState(url.searchParams.get('_state') ?? '', secret);

	if (state?.Name !== repository || state.UUID !== reference) {
		throw new Refusal({code: 'BLOB_UPLOAD_INVALID', detail: {}});
	}

	const folder = uploadFolder(exchange, reference);
	if ((await readIfThere(path.join(folder, 'startedat'))) === undefined) {
		throw new Refusal({code: 'BLOB_UPLOAD_UNKNOWN', detail: {}});
	}

	const size = (await stat(path.join(folder, 'data')).catch(ignoreMissing))?.size ?? 0;
	if (size !== state.Offset) {
		await removeTree(folder);
		throw new Refusal({code: 'BLOB_UPLOAD_INVALID'});
	}

	return size;
}

async function receive(exchange: Exchange): Promise<number> {
	const data = path.join(uploadFolder(exchange, exchange.reference), 'data');
	await appendFile(data, exchange.request);
	return (await stat(data)).size;
}

async function hashOf(file: string, digest: Digest): Promise<string> {
	const algorithm = digestAlgorithm(digest);
	const hash = createHash(algorithm);
	await pipeline(createReadStream(file), hash);
	return `${algorithm}:${hash.digest('hex')}`;
}

function created(exchange: Exchange, digest: Digest): void {
	exchange.response.writeHead(201, {
		Location: locationOf(exchange, `/v2/${exchange.repository}/blobs/${digest}`),
		'Docker-Content-Digest': digest,
		'Content-Length': 0,
	});
	exchange.response.end();
}

/** @param fresh an upload that has not been written to by this request */
function progressHeaders(exchange: Exchange, id: string, size: number, fresh: boolean) {
	const {repository, secret} = exchange;
	const state = encodeURIComponent(packUploadState({Name: repository, UUID: id, Offset: size}, secret));
	return {
		'Docker-Upload-UUID': id,
		Location: locationOf(exchange, `/v2/${repository}/blobs/uploads/${id}?_state=${state}`),
		Range: `0-${Math.max(size - 1, 0)}`,
		...(fresh && exchange.request.method === 'GET' ? {} : {'Content-Length': 0}),
	};
}
