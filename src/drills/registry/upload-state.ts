import {createHmac} from 'node:crypto';

export type UploadState = {Name: string; UUID: string; Offset: number};

/** Signed, because the client carries it about. A registry without a configured secret makes a new one at each start. */
export function packUploadState(state: UploadState, secret: string): string {
	const text = JSON.stringify(state);
	return Buffer.concat([sign(text, secret), Buffer.from(text)]).toString('base64url');
}

export function readUploadState(token: string, secret: string): UploadState | undefined {
	const bytes = Buffer.from(token, 'base64url');
	const text = bytes.subarray(32).toString('utf8');
	return bytes.length > 32 && sign(text, secret).equals(bytes.subarray(0, 32))
		? (JSON.parse(text) as UploadState)
		: undefined;
}

function sign(text: string, secret: string): Buffer {
	return createHmac('sha256', secret).update(text).digest();
}
