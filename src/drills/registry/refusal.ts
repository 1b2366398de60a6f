import type {ServerResponse} from 'node:http';
import {type Dialect, goJson, jsonType} from './dialect.ts';

/** @see distribution v2.8.3 registry/api/errcode/register.go and registry/api/v2/errors.go */
const codes = {
	UNKNOWN: {status: 500, message: 'unknown error'},
	UNSUPPORTED: {status: 405, message: 'The operation is unsupported.'},
	UNAUTHORIZED: {status: 401, message: 'authentication required'},
	MANIFEST_UNKNOWN: {status: 404, message: 'manifest unknown'},
	MANIFEST_INVALID: {status: 400, message: 'manifest invalid'},
	MANIFEST_BLOB_UNKNOWN: {status: 400, message: 'blob unknown to registry'},
	BLOB_UNKNOWN: {status: 404, message: 'blob unknown to registry'},
	BLOB_UPLOAD_UNKNOWN: {status: 404, message: 'blob upload unknown to registry'},
	BLOB_UPLOAD_INVALID: {status: 404, message: 'blob upload invalid'},
	DIGEST_INVALID: {status: 400, message: 'provided digest did not match uploaded content'},
	NAME_INVALID: {status: 400, message: 'invalid repository name'},
	NAME_UNKNOWN: {status: 404, message: 'repository name not known to registry'},
	PAGINATION_NUMBER_INVALID: {status: 400, message: 'invalid number of results requested'},
} as const;

type RefusalCode = keyof typeof codes;
/** `sentence`: what 3.1 writes in the place of the detail. */
export type RefusalEntry = {code: RefusalCode; message?: string; detail?: unknown; sentence?: string};

/** A request that the registry refuses with the specification's JSON. */
export class Refusal extends Error {
	readonly entries: RefusalEntry[];

	constructor(...entries: [RefusalEntry, ...RefusalEntry[]]) {
		super(entries[0].code);
		this.entries = entries;
	}
}

/** The first error gives the status, as in errcode.ServeJSON. */
export function serveRefusal(
	response: ServerResponse,
	{entries}: Refusal,
	{withBody, dialect}: {withBody: boolean; dialect: Dialect},
): void {
	const errors = entries.map(({code, message, detail, sentence}) => ({
		code,
		message: message ?? codes[code].message,
		detail: dialect === '3.1' ? (sentence ?? detail) : detail,
	}));
	const body = `${goJson({errors})}\n`;
	response.writeHead(codes[entries[0]!.code].status, {
		'Content-Type': jsonType(dialect),
		'Content-Length': Buffer.byteLength(body),
	});
	response.end(withBody ? body : undefined);
}
