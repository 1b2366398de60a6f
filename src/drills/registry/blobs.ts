import {createReadStream} from 'node:fs';
import type {ServerResponse} from 'node:http';
import {Writable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {parseByteRange} from './byte-range.ts';
import {digestOrRefuse, type Exchange} from './exchange.ts';
import {ignoreMissing, removeTree} from './lookup.ts';
import {Refusal} from './refusal.ts';

/**
 * Promises as many bytes as it remembers and delivers what the disk holds; where that is less, the connection ends.
 * @see distribution v2.8.3 registry/handlers/blob.go and registry/storage/blobserver.go
 */
export async function getBlob({request, response, repository, reference, store, lookup}: Exchange): Promise<void> {
	const digest = digestOrRefuse(reference, {});
	const found = await lookup.blob(repository, digest);

	if (found === undefined) {
		throw new Refusal({code: 'BLOB_UNKNOWN', detail: digest});
	}

	// Asked a second time, now by the link's target, and the size comes from the memory all repositories share.
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

	const range = parseByteRange(request.headers.range, served.size);

	if (range.kind === 'unsatisfiable') {
		const text = `${range.reason}\n`;
		response.writeHead(416, {
			...headers,
			'Content-Type': 'text/plain; charset=utf-8',
			'X-Content-Type-Options': 'nosniff',
			'Content-Length': served.size,
			...(range.hasTotal ? {'Content-Range': `bytes */${served.size}`} : {}),
		});
		await deliver(response, request.method === 'HEAD' ? undefined : Buffer.from(text), served.size);
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
	await removeTree(store.layerLink(repository, digest));
	response.writeHead(202, {'Content-Length': 0}).end();
}

/** A 416's text under a Content-Length that still names the blob's size: too short it cuts, too long it is clipped. */
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
		// A file that is gone reads as an empty one: fileReader.reader hides PathNotFoundError.
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
