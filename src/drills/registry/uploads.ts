import {createHash, createHmac, randomUUID} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {appendFile, mkdir, rename, stat} from 'node:fs/promises';
import path from 'node:path';
import {pipeline} from 'node:stream/promises';
import {type Digest, digestAlgorithm, isDigest} from '../../domain/image/digest.ts';
import {isRepositoryName} from '../../domain/image/reference.ts';
import {digestOrRefuse, type Exchange, locationOf, tellChange} from './exchange.ts';
import {ignoreMissing, putContent, readIfThere} from './files.ts';
import {Refusal} from './refusal.ts';

/**
 * Opens an upload, or mounts a blob. 2.8 supports no upload in one POST: it ignores a digest here and responds 202.
 * @see distribution v2.8.3 registry/handlers/blobupload.go
 */
export async function startUpload(exchange: Exchange): Promise<void> {
	const {response, url, repository, store, lookup} = exchange;
	const mount = url.searchParams.get('mount') ?? '';
	const from = url.searchParams.get('from') ?? '';

	if (isDigest(mount) && isRepositoryName(from) && (await lookup.blob(from, mount).catch(() => undefined))) {
		await store.writeLink(store.layerLink(repository, mount), mount);
		await tellChange(exchange, 'blob-mounted', mount);
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
		// As in the real one, the upload's files stay: their removal fails, because the file is committed already.
		throw new Refusal({code: 'DIGEST_INVALID', detail: {Digest: digest, Reason: {}}});
	}

	// Existing data is never replaced, even if it is damaged: blobwriter.go, moveBlob.
	if ((await stat(store.blobFile(digest)).catch(ignoreMissing)) === undefined) {
		await mkdir(path.dirname(store.blobFile(digest)), {recursive: true});
		await rename(data, store.blobFile(digest));
	}

	await store.writeLink(store.layerLink(repository, digest), digest);
	await store.remove(uploadFolder(exchange, reference));
	cache.rememberIn(repository, digest, {digest, size});
	await tellChange(exchange, 'blob-uploaded', digest);
	created(exchange, digest);
}

export async function cancelUpload(exchange: Exchange): Promise<void> {
	const {response, reference, store} = exchange;
	await resume(exchange);
	await store.remove(uploadFolder(exchange, reference));
	response.writeHead(204, {'Docker-Upload-UUID': reference}).end();
}

function uploadFolder({store, repository}: Exchange, id: string): string {
	return path.join(store.base, 'repositories', repository, '_uploads', id);
}

/** @returns bytes received so far */
async function resume(exchange: Exchange): Promise<number> {
	const {url, repository, reference, secret, store} = exchange;

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
		await store.remove(folder);
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

/** @param fresh this request has not written to the upload */
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

type UploadState = {Name: string; UUID: string; Offset: number};

/** Signed, because the client carries it. A registry without a configured secret makes a new one at each start. */
function packUploadState(state: UploadState, secret: string): string {
	const text = JSON.stringify(state);
	return Buffer.concat([sign(text, secret), Buffer.from(text)]).toString('base64url');
}

function readUploadState(token: string, secret: string): UploadState | undefined {
	const bytes = Buffer.from(token, 'base64url');
	const text = bytes.subarray(32).toString('utf8');
	return bytes.length > 32 && sign(text, secret).equals(bytes.subarray(0, 32))
		? (JSON.parse(text) as UploadState)
		: undefined;
}

function sign(text: string, secret: string): Buffer {
	return createHmac('sha256', secret).update(text).digest();
}
