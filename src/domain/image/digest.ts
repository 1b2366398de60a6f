import {OperatorError} from '../errors.ts';

declare const digestBrand: unique symbol;

/** `algorithm:hex`, checked. @see OCI image-spec descriptor.md, "Digests" */
export type Digest = string & {readonly [digestBrand]: true};

export type DigestAlgorithm = 'sha256' | 'sha512';

const grammar = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]{16,}$/;
const shape = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isDigest(text: string): text is Digest {
	return shape.test(text);
}

/** Well-formed, with an algorithm that regmedic does not support. @see OCI image-spec descriptor.md: it should pass validation */
export function isUnsupportedDigest(text: unknown): text is string {
	return typeof text === 'string' && grammar.test(text) && !/^sha(?:256|512):/.test(text);
}

/** @throws OperatorError digest.malformed */
export function parseDigest(text: string): Digest {
	if (isDigest(text)) {
		return text;
	}

	throw new OperatorError('digest.malformed', `"${text}" is not a digest.`, {
		hint: 'A digest is sha256: and 64 hexadecimal digits, in lower case.',
		exit: 'usage',
	});
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
	return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The part after the colon. */
export function digestHex(digest: Digest): string {
	return digest.slice(digest.indexOf(':') + 1);
}

const digestsOfNothing: readonly string[] = [
	'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
	'sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
];

/** Whether it is the digest of zero bytes: an empty blob of this digest is whole. */
export function isDigestOfNothing(digest: Digest): boolean {
	return digestsOfNothing.includes(digest);
}

/** Enough to recognise it on a screen: `sha256:4f0c1d2e3a5b`. */
export function shortDigest(digest: Digest): string {
	return digest.slice(0, digest.indexOf(':') + 13);
}

/** The same where there is no room for the algorithm: `4f0c1d2e3a5b`. */
export function shortHex(digest: Digest): string {
	return digestHex(digest).slice(0, 12);
}

/** What a part of an image is called, as far as it is known: `linux/amd64 sha256:4f0c1d2e3a5b`. */
export function partName({platform, digest}: {platform?: string | undefined; digest?: Digest | undefined}): string {
	return [platform, digest && shortDigest(digest)].filter(Boolean).join(' ');
}
