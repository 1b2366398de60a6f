import * as v from 'valibot';

/**
 * Why a registry fails on one manifest or blob (500). `damage`: what is stored of it; `link`: the link to it; `storage`: its
 * storage did not let it read; `old-form`: whole, in a form that this version does not serve; `upstream`: it is a cache, and
 * its upstream refused.
 */
export type FailureReason = {
	kind: 'damage' | 'link' | 'storage' | 'old-form' | 'upstream';
	/** What is wrong, in a few words. */
	words: string;
	/** The storage driver: `filesystem`, `s3aws`. */
	driver?: string;
};

/** The words of Linux for its numbers: 2.8 gives the number, 3.x the words. */
const errors: Record<number, string> = {
	1: 'operation not permitted',
	5: 'input/output error',
	12: 'cannot allocate memory',
	13: 'permission denied',
	20: 'not a directory',
	21: 'is a directory',
	23: 'too many open files in system',
	24: 'too many open files',
	28: 'no space left on device',
	107: 'transport endpoint is not connected',
	110: 'connection timed out',
	111: 'connection refused',
	116: 'stale NFS file handle',
};
/** A file lies where a folder belongs, or a folder where a file belongs: the storage works, and this one entry is damaged. */
const wrongKindOfEntry = /(?:is|not) a directory$/;

const sentences: {pattern: RegExp; kind: FailureReason['kind']}[] = [
	{pattern: /^unrecognized manifest schema version 1$/, kind: 'old-form'},
	{pattern: /^(?:errors verifying manifest: )?unrecognized manifest (?:schema version|content type)/, kind: 'damage'},
	{pattern: /^unexpected end of JSON input$|^invalid character |^json: |^unexpected EOF$/, kind: 'damage'},
	{pattern: /^invalid checksum digest (?:format|length)$|^unsupported digest algorithm$/, kind: 'link'},
	// docker's registries say so in words, also through the client of a cache.
	{pattern: /^(?:toomanyrequests|denied|unauthorized|unavailable):/i, kind: 'upstream'},
	{pattern: /^(?:received )?unexpected (?:HTTP )?status\b|^error parsing HTTP \d+ response/i, kind: 'upstream'},
	{pattern: /^(?:Get|Head) "https?:\/\//, kind: 'upstream'},
];

/** `filesystem: open /var/lib/registry/…/link: permission denied` @see distribution v3.1.1 registry/storage/driver/storagedriver.go, Error */
const driverSentence = /^(filesystem|s3aws|gcs|azure|inmemory|swift|oss|cos|middleware|[a-z0-9]{2,16}driver): (.*)$/s;
const failedCall = /^(?:open|read|stat|lstat|readdirent|seek) (\/\S*): (.*)$/s;
const ofSystem = new RegExp(`(?:${Object.values(errors).join('|')}|stale file handle|i/o timeout)$`);

const number = v.fallback(v.optional(v.number()), undefined);
const text = v.fallback(v.optional(v.string()), undefined);
const call = v.object({Op: text, Path: text, URL: text, Err: v.optional(v.unknown())});
/** What Go's encoder makes of an error: its exported fields. */
const value = v.object({
	DriverName: text,
	driver: text,
	Enclosed: v.fallback(v.optional(call), undefined),
	...call.entries,
	Offset: number,
	StatusCode: number,
	Status: text,
	errors: v.fallback(v.optional(v.array(v.object({code: text, message: text}))), undefined),
});

/**
 * Reads the `detail` of an UNKNOWN. 2.8 writes the Go value of the error, 3.x its sentence; both were recorded. Undefined: it
 * gives no reason, as the `{}` that 2.8 makes of an error without exported fields.
 * @see distribution v2.8.3 registry/api/errcode/errors.go; v3.1.1 registry/api/errcode/errors.go:234
 */
export function failureReason(detail: unknown): FailureReason | undefined {
	if (typeof detail === 'string') {
		return ofSentence(detail.trim());
	}

	const parsed = v.safeParse(value, detail);
	return parsed.success ? ofValue(parsed.output) : undefined;
}

function ofSentence(sentence: string): FailureReason | undefined {
	const [, driver, said = sentence] = driverSentence.exec(sentence) ?? [];
	const [, path, words = said] = failedCall.exec(said) ?? [];

	const known = sentences.find(({pattern}) => pattern.test(sentence));

	if (known !== undefined) {
		return {kind: known.kind, words: sentence.replace(/:\s*$/, '')};
	}

	return driver !== undefined || path !== undefined || ofSystem.test(said) ? ofCall(words, path, driver) : undefined;
}

function ofValue({errors: upstream, StatusCode, Status, Offset, ...rest}: v.InferOutput<typeof value>) {
	const {DriverName, driver = DriverName, Enclosed = rest} = rest;
	const {Op, Path, URL, Err} = Enclosed;
	const refused = upstream?.[0]?.code ?? (StatusCode === undefined ? Status : `status ${StatusCode}`);

	if (refused !== undefined || (URL !== undefined && driver === undefined)) {
		return {kind: 'upstream', words: refused?.toLowerCase() ?? 'it cannot be reached'} as const;
	}

	if (Offset !== undefined) {
		return {kind: 'damage', words: `its JSON is not valid at byte ${Offset}`} as const;
	}

	if (driver === undefined && Op === undefined) {
		return undefined;
	}

	const words = typeof Err === 'number' ? (errors[Err] ?? `error ${Err}`) : 'it cannot be read';
	return ofCall(words, Path, driver);
}

function ofCall(words: string, path: string | undefined, driver: string | undefined): FailureReason {
	const kind = !wrongKindOfEntry.test(words) ? 'storage' : path?.endsWith('/link') ? 'link' : 'damage';
	const isName = driver !== undefined && /^[\w.-]{1,40}$/.test(driver);
	return {kind, words, ...(isName && {driver})};
}
