import {createReadStream} from 'node:fs';
import type {ServerResponse} from 'node:http';
import {Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {digestOrRefuse, type Exchange} from './exchange.ts';
import {ignoreMissing} from './files.ts';
import {Refusal} from './refusal.ts';

/**
 * Promises the cached size and delivers what the disk holds; where that is less, it closes the connection.
 * @see distribution v2.8.3 registry/handlers/blob.go and registry/storage/blobserver.go
 */
export async function getBlob({
	request,
	response,
	repository,
	reference,
	store,
	lookup,
	dialect,
}: Exchange): Promise<void> {
	const digest = digestOrRefuse(reference, {});
	const found = await lookup.blob(repository, digest);

	if (found === undefined) {
		throw new Refusal({code: 'BLOB_UNKNOWN', detail: digest});
	}

	// Looked up a second time, now by the link's target: the size comes from the cache that all repositories share.
	const linked = await lookup.blob(repository, found.digest);
	const served = linked && (await lookup.data(linked.digest));

	if (served === undefined) {
		throw new Refusal({code: 'UNKNOWN', detail: {}});
	}

	const headers = {
		'Cache-Control': 'max-age=31536000',
		'Docker-Content-Digest': served.digest,
		Etag: `"${served.digest}"`,
		'Content-Type': 'application/octet-stream',
	};

	if (request.headers['if-none-match'] === headers.Etag) {
		response.writeHead(304, {
			'Cache-Control': headers['Cache-Control'],
			'Docker-Content-Digest': served.digest,
			Etag: headers.Etag,
		});
		response.end();
		return;
	}

	const asked = parseByteRange(request.headers.range, served.size);
	// The Go that 3.1 is built with ignores a range of an empty file that it cannot satisfy.
	const isIgnored = dialect === '3.1' && asked.kind === 'unsatisfiable' && asked.hasTotal && served.size === 0;
	const range: ByteRange = isIgnored ? {kind: 'whole'} : asked;

	if (range.kind === 'unsatisfiable') {
		const text = `${range.reason}\n`;
		// Since Go 1.23 an error drops the headers of the file that it is about.
		const isOwn = dialect === '3.1';
		const {'Docker-Content-Digest': named} = headers;
		const length = isOwn ? text.length : served.size;
		response.writeHead(416, {
			...(isOwn ? {'Docker-Content-Digest': named} : headers),
			'Content-Type': 'text/plain; charset=utf-8',
			'X-Content-Type-Options': 'nosniff',
			'Content-Length': length,
			...(range.hasTotal ? {'Content-Range': `bytes */${served.size}`} : {}),
		});
		await deliver(response, request.method === 'HEAD' ? undefined : Buffer.from(text), length);
		return;
	}

	const {start, length} = range.kind === 'part' ? range : {start: 0, length: served.size};
	response.writeHead(range.kind === 'part' ? 206 : 200, {
		...headers,
		'Accept-Ranges': 'bytes',
		'Content-Length': length,
		...(range.kind === 'part' ? {'Content-Range': `bytes ${start}-${start + length - 1}/${served.size}`} : {}),
	});

	if (request.method === 'HEAD') {
		response.end();
	} else {
		await deliverFile(response, store.blobFile(served.digest), start, length);
	}
}

export async function deleteBlob({response, repository, reference, store, cache, lookup}: Exchange): Promise<void> {
	const digest = digestOrRefuse(reference, {});

	if ((await lookup.blob(repository, digest)) === undefined) {
		throw new Refusal({code: 'BLOB_UNKNOWN'});
	}

	cache.forgetIn(repository, digest);
	await store.remove(store.layerLink(repository, digest));
	response.writeHead(202, {'Content-Length': 0}).end();
}

/** The text of a 416 under a Content-Length that still names the blob's size: a shorter text ends early, a longer one is clipped. */
async function deliver(response: ServerResponse, text: Buffer | undefined, promised: number): Promise<void> {
	if (text === undefined) {
		response.end();
		return;
	}

	if (text.length >= promised) {
		response.end(text.subarray(0, promised));
		return;
	}

	await new Promise<void>(resolve => response.write(text, () => resolve()));
	cut(response);
}

async function deliverFile(response: ServerResponse, file: string, start: number, length: number): Promise<void> {
	let delivered = 0;

	if (length > 0) {
		response.flushHeaders();
		const count = new Writable({
			write(chunk: Buffer, _encoding, done) {
				delivered += chunk.length;
				response.write(chunk, done);
			},
		});
		// A missing file reads as an empty one: fileReader.reader hides PathNotFoundError.
		await pipeline(createReadStream(file, {start, end: start + length - 1}), count).catch(ignoreMissing);
	}

	if (delivered < length) {
		cut(response);
	} else {
		response.end();
	}
}

function cut(response: ServerResponse): void {
	response.socket?.end(() => response.destroy());
}

type ByteRange =
	| {kind: 'whole'}
	| {kind: 'part'; start: number; length: number}
	| {kind: 'unsatisfiable'; reason: string; hasTotal: boolean};

/**
 * One range, read as Go's net/http does: of an empty file `-1` is a part of no bytes, and `0-0` is unsatisfiable. Several
 * ranges in one header get the whole blob.
 */
function parseByteRange(header: string | undefined, size: number): ByteRange {
	if (header === undefined || header.includes(',')) {
		return {kind: 'whole'};
	}

	const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header) ?? [];
	if (first === undefined || last === undefined || (first === '' && last === '')) {
		return {kind: 'unsatisfiable', reason: 'invalid range', hasTotal: false};
	}

	if (first === '') {
		const length = Math.min(Number(last), size);
		return {kind: 'part', start: size - length, length};
	}

	const start = Number(first);
	if (start >= size) {
		return {kind: 'unsatisfiable', reason: 'invalid range: failed to overlap', hasTotal: true};
	}

	if (last === '') {
		return {kind: 'part', start, length: size - start};
	}

	if (Number(last) < start) {
		return {kind: 'unsatisfiable', reason: 'invalid range', hasTotal: false};
	}

	return {kind: 'part', start, length: Math.min(Number(last), size - 1) - start + 1};
}
